using System.Net;
using OrchestratorFunctions.GitHub.Network;

namespace OrchestratorFunctions.Tests.GitHub.Network;

public sealed class HookAddressesTests
{
    private static readonly (string, string) On = ("WEBHOOK_IP_FILTERING_ENABLED", "true");

    [Theory]
    [InlineData("192.30.252.1", true)]
    [InlineData("::ffff:192.30.252.1", true)]
    [InlineData("2606:50c0::1", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("192.30.251.255", false)]
    [InlineData("2606:50c1::1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData(null, false)]
    public async Task Scenario_30_only_published_ranges_pass_of_both_kinds_and_those_of_the_operator(string? client, bool passes)
    {
        await using var rooms = await GitHubRooms.StartAsync(asApp: false, On, ("GITHUB_WEBHOOK_IPS", "10.1.0.0/16"));
        var addresses = rooms.Rooms.Get<HookAddresses>();
        await addresses.SweepAsync(default);
        Assert.Equal(passes, addresses.Allows(client is null ? null : IPAddress.Parse(client)));
    }

    [Fact]
    public async Task Without_any_list_nobody_passes_and_without_the_filter_everybody()
    {
        await using var on = await GitHubRooms.StartAsync(asApp: false, On);
        Assert.False(on.Rooms.Get<HookAddresses>().Allows(IPAddress.Parse("192.30.252.1")));
        await using var off = await GitHubRooms.StartAsync();
        Assert.True(off.Rooms.Get<HookAddresses>().Allows(IPAddress.Parse("203.0.113.1")));
    }

    [Fact]
    public async Task Scenario_30_while_GitHub_gives_no_list_the_last_one_counts_over_a_restart_and_its_age_is_known()
    {
        await using var rooms = await GitHubRooms.StartAsync(asApp: false, On);
        await rooms.Rooms.Get<HookAddresses>().SweepAsync(default);
        rooms.GitHub.Trouble.Fail(100, 500, on: "/meta");
        rooms.Rooms.Time.Advance(TimeSpan.FromHours(30));
        var restarted = Microsoft.Extensions.DependencyInjection.ActivatorUtilities.CreateInstance<HookAddresses>(rooms.Rooms.Get<IServiceProvider>());
        await restarted.SweepAsync(default);

        Assert.Contains(rooms.GitHub.Calls, call => call.Path == "/meta" && call.Status == 500);
        Assert.True(restarted.Allows(IPAddress.Parse("2606:50c0::1")));
        Assert.InRange(restarted.Age!.Value, TimeSpan.FromHours(29), TimeSpan.FromHours(31));

        rooms.GitHub.Trouble.End();
        rooms.GitHub.HookRanges.Add("9.234.98.160/28");
        rooms.Rooms.Time.Advance(TimeSpan.FromMinutes(2));
        await restarted.SweepAsync(default);
        Assert.True(restarted.Allows(IPAddress.Parse("9.234.98.161")));
    }
}
