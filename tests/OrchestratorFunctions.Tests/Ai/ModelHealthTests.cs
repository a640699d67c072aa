using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrchestratorFunctions.Ai;
using Xunit;

namespace OrchestratorFunctions.Tests.Ai;

public sealed class ModelHealthTests
{
    private readonly FakeTimeProvider time = new();

    [Theory]
    [InlineData("Azure", "/openai/models")]
    [InlineData("OpenAi", "/v1/models")]
    [InlineData("Anthropic", "/v1/models")]
    public async Task A_vendor_that_answers_is_ok_for_a_minute(string vendor, string path)
    {
        await using var server = await ModelServer.StartAsync(Enum.Parse<AiProvider>(vendor));
        server.Fails(200, """{"data":[]}""").Fails(503);
        using var health = Health(server.Options);

        Assert.Equal(ModelHealthStatus.Ok, await health.CheckAsync(default));
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(ModelHealthStatus.Ok, await health.CheckAsync(default));
        Assert.Equal(path, Assert.Single(server.Requests).Path);
        Assert.Contains("the-secret-key", server.Requests.Single().Headers[server.Vendor == AiProvider.Azure ? "api-key" : "Authorization"], StringComparison.Ordinal);

        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(ModelHealthStatus.Degraded, await health.CheckAsync(default));
    }

    [Fact]
    public async Task Health_shows_Anthropic_the_key_in_the_way_that_talk_does()
    {
        await using var server = await ModelServer.StartAsync(AiProvider.Anthropic);
        server.Fails(200, """{"data":[]}""").Says("Good day.");
        using var health = Health(server.Options);

        Assert.Equal(ModelHealthStatus.Ok, await health.CheckAsync(default));
        await server.Model().AskAsync((client, token) => client.GetResponseAsync([new ChatMessage(ChatRole.User, "hello")], cancellationToken: token), default);

        var (asked, talked) = (server.Requests.First(), server.Requests.Last());
        Assert.Equal("/v1/models", asked.Path);
        foreach (var header in new[] { "anthropic-version", "x-api-key", "Authorization" })
        {
            Assert.Equal(talked.Headers.GetValueOrDefault(header), asked.Headers.GetValueOrDefault(header));
        }
    }

    [Theory]
    [InlineData(401, "OpenAi")]
    [InlineData(429, "OpenAi")]
    [InlineData(500, "OpenAi")]
    [InlineData(401, "Anthropic")]
    [InlineData(500, "Anthropic")]
    public async Task A_vendor_that_refuses_us_is_degraded_until_it_does_not(int status, string vendor)
    {
        await using var server = await ModelServer.StartAsync(Enum.Parse<AiProvider>(vendor));
        server.Fails(status).Fails(200, "{}");
        using var health = Health(server.Options);

        Assert.Equal(ModelHealthStatus.Degraded, await health.CheckAsync(default));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(ModelHealthStatus.Ok, await health.CheckAsync(default));
    }

    [Fact]
    public async Task A_vendor_that_hangs_is_degraded_after_five_seconds()
    {
        await using var server = await ModelServer.StartAsync();
        server.Hangs();
        using var health = Health(server.Options);
        var checking = health.CheckAsync(default);
        await server.Arrived;

        time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(ModelHealthStatus.Degraded, await checking);
    }

    [Fact]
    public async Task A_vendor_that_is_not_there_is_degraded()
    {
        var server = await ModelServer.StartAsync();
        var options = server.Options;
        await server.DisposeAsync();
        using var health = Health(options);

        Assert.Equal(ModelHealthStatus.Degraded, await health.CheckAsync(default));
    }

    [Fact]
    public async Task Many_questions_at_once_ask_the_vendor_once()
    {
        await using var server = await ModelServer.StartAsync();
        server.Fails(200, "{}");
        using var health = Health(server.Options);

        var states = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => health.CheckAsync(default))));

        Assert.All(states, state => Assert.Equal(ModelHealthStatus.Ok, state));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Without_a_model_nothing_is_asked()
    {
        using var health = Health(new AiOptions());

        Assert.Equal(ModelHealthStatus.NotConfigured, await health.CheckAsync(default));
    }

    private ModelHealth Health(AiOptions options) => new(Options.Create(options), new PlainClients(), new AzureIdentity(), time, NullLogger<ModelHealth>.Instance);

    private sealed class PlainClients : IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => new();
    }
}
