using System.Text.Json.Nodes;
using DurableTask.AzureFunctions;
using Microsoft.Extensions.DependencyInjection;
using OrchestratorFunctions.Functions;

namespace OrchestratorFunctions.Tests.Functions;

/// <summary>The operator's calls as the Functions host wraps them: they are limited and answered like requests that come by themselves.</summary>
public sealed class AdminFunctionTests
{
    [Fact]
    public async Task Refused_callers_count_by_their_own_address_and_blocked_ones_are_not_heard()
    {
        await using var app = App.Build(new Dictionary<string, string?>
        {
            ["DURABLE_BACKEND"] = "functions", ["DATABASE_URL"] = "postgresql://user:password@127.0.0.1:1/none",
            ["DEFAULT_RATE_LIMIT"] = "1/minute", ["TRUSTED_PROXIES"] = "127.0.0.1,::1", ["BLOCKED_IPS"] = "198.51.100.0/24",
        });
        var function = app.Services.GetRequiredService<AdminFunction>();
        Task<WrappedAnswer> CallAsync(string forwardedFor) => function.AnswerAsync(
            app.Services, new WrappedRequest("POST", new Dictionary<string, string> { ["verb"] = "list" }, new Dictionary<string, string> { ["X-Forwarded-For"] = forwardedFor }, "{}"), default);

        var refused = await CallAsync("203.0.113.1:50123");
        Assert.Equal((401, "Bearer", "application/problem+json"), (refused.Status, refused.Headers["WWW-Authenticate"], refused.Headers["Content-Type"]));
        Assert.Equal("Unauthorized", (string)JsonNode.Parse(refused.Body)!["title"]!);
        Assert.NotEmpty((string)JsonNode.Parse(refused.Body)!["trace_id"]!);

        // What the caller itself put in front makes nobody another one.
        var limited = await CallAsync("192.0.2.9, 203.0.113.1");
        Assert.Equal(429, limited.Status);
        Assert.InRange(int.Parse(limited.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        Assert.Equal(401, (await CallAsync("203.0.113.2")).Status);
        Assert.Equal(403, (await CallAsync("198.51.100.7")).Status);
    }
}
