using System.Net;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>The probes as monitors and balancers send them: many by HEAD.</summary>
public sealed class ProbeScenarios
{
    [Fact]
    public async Task A_probe_by_HEAD_is_answered_as_one_by_GET_without_a_body()
    {
        await using var app = await OrchestratorApp.StartAsync();
        Assert.All(await HeadsAsync(app.Address), answer => Assert.Equal(HttpStatusCode.OK, answer));

        await app.RestartAsync(("DATABASE_URL", "postgresql://nobody:nothing@127.0.0.1:1/none"));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable], await HeadsAsync(app.Address));
    }

    /// <summary>The statuses of the probes by HEAD, in the order of the runbook; the rest of each answer is that of GET.</summary>
    public static async Task<IReadOnlyList<HttpStatusCode>> HeadsAsync(Uri address)
    {
        using var http = new HttpClient();
        List<HttpStatusCode> statuses = [];
        foreach (var path in new[] { "/health", "/health/live", "/health/ready" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, new Uri(address, path));
            using var head = await http.SendAsync(request);
            using var whole = await http.GetAsync(new Uri(address, path));
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
            Assert.NotEmpty(await whole.Content.ReadAsByteArrayAsync());
            Assert.Equal(whole.Content.Headers.ContentType, head.Content.Headers.ContentType);
            statuses.Add(head.StatusCode);
        }

        return statuses;
    }
}
