using OrchestratorFunctions.GitHub.Redelivery;
using OrchestratorFunctions.GitHub.Webhook;
using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.GitHub.Redelivery;

public sealed class RedeliverySweepTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Scenario_29_what_failed_in_the_last_three_days_is_asked_for_once_and_nothing_else(bool asApp)
    {
        await using var rooms = await GitHubRooms.StartAsync(asApp);
        // The app's JWT has to be good by GitHub's clock.
        rooms.Rooms.Time.SetUtcNow(TimeProvider.System.GetUtcNow());
        var now = rooms.Rooms.Time.GetUtcNow();
        var repository = rooms.GitHub.AddRepository("octocat/demo-app");
        await rooms.Rooms.ExecuteAsync("insert into repositories (id, full_name, updated_at) values (@Id, @FullName, now())", new { repository.Id, repository.FullName });
        Attempt(1, "too-old", TimeSpan.FromDays(4), 502);
        Attempt(2, "failed", TimeSpan.FromHours(2), 502);
        Attempt(3, "cut off", TimeSpan.FromHours(2), 0);
        Attempt(4, "fine", TimeSpan.FromHours(1), 202);
        Attempt(5, "failed-then-fine", TimeSpan.FromHours(2), 503);
        Attempt(6, "failed-then-fine", TimeSpan.FromHours(1), 202);
        Attempt(7, "stored-and-then-cut-off", TimeSpan.FromHours(1), 504);
        Attempt(8, "failed-twice", TimeSpan.FromHours(2), 500);
        Attempt(9, "failed-twice", TimeSpan.FromHours(1), 500);
        await rooms.Rooms.Get<DeliveryStore>().AcceptAsync(new NewDelivery("stored-and-then-cut-off", new byte[32], null, "ping", null, "q", "{}", "a ping"), default);

        var sweep = rooms.Rooms.Get<RedeliverySweep>();
        await sweep.SweepAsync(default);
        Assert.Equal([2, 3, 9], rooms.GitHub.Deliveries.Asked.Order());

        rooms.Rooms.Time.Advance(TimeSpan.FromMinutes(8));
        await sweep.SweepAsync(default);
        rooms.Rooms.Time.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(59));
        await sweep.SweepAsync(default);
        Assert.Equal(3, rooms.GitHub.Deliveries.Asked.Count);

        void Attempt(long id, string guid, TimeSpan ago, int status) => rooms.GitHub.Deliveries.Add(new HookDelivery(id, guid, "issue_comment", now - ago, status, Redelivery: false));
    }

    [Fact]
    public async Task What_GitHub_could_not_take_now_is_asked_for_again_later()
    {
        await using var rooms = await GitHubRooms.StartAsync(asApp: true);
        rooms.Rooms.Time.SetUtcNow(TimeProvider.System.GetUtcNow());
        rooms.GitHub.Deliveries.Add(new HookDelivery(2, "failed", "issues", rooms.Rooms.Time.GetUtcNow() - TimeSpan.FromHours(1), 502, Redelivery: false));
        rooms.GitHub.Trouble.Fail(1, 500, on: "/attempts");
        await rooms.Rooms.Get<RedeliverySweep>().SweepAsync(default);
        Assert.Empty(rooms.GitHub.Deliveries.Asked);

        // Another process, or this one ten minutes later.
        await Microsoft.Extensions.DependencyInjection.ActivatorUtilities.CreateInstance<RedeliverySweep>(rooms.Rooms.Get<IServiceProvider>()).SweepAsync(default);
        Assert.Equal([2], rooms.GitHub.Deliveries.Asked);
    }
}
