using System.Net;
using Microsoft.Extensions.Time.Testing;
using OrchestratorFunctions.Operations.Limits;

namespace OrchestratorFunctions.Tests.Operations.Limits;

public sealed class RateLimitTests
{
    [Theory]
    [InlineData("100/minute", 100, 60)]
    [InlineData("5/second", 5, 1)]
    [InlineData("1000 per hour", 1000, 3600)]
    [InlineData(" 20 / 10 minutes ", 20, 600)]
    [InlineData("7/Day", 7, 86_400)]
    public void The_grammar_of_the_runbook_is_understood(string text, int count, int seconds) => Assert.Equal(new RateLimit(count, TimeSpan.FromSeconds(seconds)), RateLimit.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("100")]
    [InlineData("0/minute")]
    [InlineData("-1/minute")]
    [InlineData("100/fortnight")]
    [InlineData("99999999999/minute")]
    [InlineData("1/0 minutes")]
    [InlineData("1/99999999999 days")]
    public void Everything_else_is_refused_with_the_form_to_use(string text) => Assert.Contains("100/minute", RateLimit.Problem(text)!, StringComparison.Ordinal);

    [Fact]
    public void A_window_lets_so_many_through_and_begins_anew()
    {
        var time = new FakeTimeProvider();
        var windows = new FixedWindows(time);
        var limit = RateLimit.Parse("2/minute");
        Assert.True(windows.Take("a", limit).Allowed);
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.True(windows.Take("a", limit).Allowed);
        Assert.Equal(new Taken(false, TimeSpan.FromSeconds(40), true), windows.Take("a", limit));
        Assert.Equal(new Taken(false, TimeSpan.FromSeconds(40), false), windows.Take("a", limit));
        Assert.True(windows.Take("b", limit).Allowed);
        time.Advance(TimeSpan.FromSeconds(40));
        Assert.True(windows.Take("a", limit).Allowed);
    }

    [Fact]
    public void Very_many_clients_cost_bounded_memory_and_the_limit_still_holds_for_each()
    {
        var windows = new FixedWindows(new FakeTimeProvider());
        var limit = RateLimit.Parse("1/minute");
        Assert.Equal(25_000, Enumerable.Range(0, 25_000).Count(client => windows.Take($"{client}", limit).Allowed && !windows.Take($"{client}", limit).Allowed));
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7", true)]
    [InlineData("198.51.100.0/24,203.0.113.7", "198.51.100.200", true)]
    [InlineData("198.51.100.0/24", "::ffff:198.51.100.1", true)]
    [InlineData("2001:db8::/32", "2001:db8:1::7", true)]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7", true)]
    [InlineData("198.51.100.0/24", "198.51.101.1", false)]
    [InlineData("", "127.0.0.1", false)]
    public void A_list_has_its_addresses_and_networks(string list, string address, bool has) => Assert.Equal(has, AddressList.Has(AddressList.Parse(list), IPAddress.Parse(address)));

    [Theory]
    [InlineData("localhost")]
    [InlineData("1.2.3.4/33")]
    [InlineData("1.2.3.4;5.6.7.8")]
    [InlineData("203.0.113")]
    [InlineData("203.0.113/24")]
    [InlineData("010.0.0.1")]
    [InlineData("10")]
    public void What_is_no_address_is_named(string list) => Assert.Contains(list, AddressList.Problem(list)!, StringComparison.Ordinal);

    [Theory]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("::1", "::1")]
    public void A_client_is_an_address_or_the_network_of_one_customer(string address, string key) => Assert.Equal(key, AddressList.ClientKey(IPAddress.Parse(address)));
}
