using System.ComponentModel.DataAnnotations;
using OrchestratorFunctions.Scar;
using Xunit;

namespace OrchestratorFunctions.Tests.Scar;

public sealed class ScarOptionsTests
{
    [Theory]
    [InlineData("ftp://host")]
    [InlineData("host:3000")]
    [InlineData("http://host/?a=b")]
    [InlineData("http://user:password@host")]
    [InlineData("http://host/$1")]
    [InlineData("http://host/\"")]
    public void An_address_that_is_no_plain_web_address_is_refused(string address)
    {
        Assert.Single(Faults(new ScarOptions { BaseUrl = address }));
        Assert.Single(Faults(new ScarOptions { PublicBaseUrl = address }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(86401)]
    public void A_time_limit_is_between_a_second_and_a_day(int seconds) => Assert.Single(Faults(new ScarOptions { TimeoutSeconds = seconds }));

    [Fact]
    public void Nothing_set_is_valid_and_means_not_configured()
    {
        var options = new ScarOptions();
        Assert.Empty(Faults(options));
        Assert.False(options.IsConfigured);
        Assert.Equal(TimeSpan.FromMinutes(30), options.Timeout);
        Assert.Equal("http://127.0.0.1:8000/briefs/t", options.BriefUrl("t"));
    }

    [Fact]
    public void The_brief_is_below_the_public_address_and_else_on_our_port()
    {
        Assert.Equal("http://127.0.0.1:8080/briefs/t", new ScarOptions { Port = 8080 }.BriefUrl("t"));
        Assert.Equal("https://example.org/po/briefs/t", new ScarOptions { PublicBaseUrl = "https://example.org/po/" }.BriefUrl("t"));
    }

    [Theory]
    [InlineData("http://h:3000", "http://h:3000/test/message")]
    [InlineData("http://h/scar/", "http://h/scar/test/message")]
    public void A_base_address_keeps_its_path(string address, string called)
    {
        var options = new ScarOptions { BaseUrl = address };
        Assert.Empty(Faults(options));
        Assert.Equal(called, new Uri(options.BaseAddress!, "test/message").ToString());
    }

    private static List<ValidationResult> Faults(ScarOptions options) => [.. options.Validate(new ValidationContext(options))];
}
