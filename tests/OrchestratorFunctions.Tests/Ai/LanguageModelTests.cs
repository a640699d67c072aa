using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using OrchestratorFunctions.Ai;
using Xunit;

namespace OrchestratorFunctions.Tests.Ai;

public sealed class LanguageModelTests
{
    public static TheoryData<string> Vendors => ["Azure", "OpenAi", "Anthropic"];

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task A_question_reaches_the_vendor_and_its_answer_comes_back(string vendor)
    {
        await using var server = await ModelServer.StartAsync(Enum.Parse<AiProvider>(vendor));
        server.Says("Good day.");

        Assert.Equal("Good day.", await AskAsync(server.Model()));

        var request = Assert.Single(server.Requests);
        var (path, header, value, model, tokens) = server.Vendor switch
        {
            AiProvider.Azure => ("/openai/deployments/the-deployment/chat/completions", "api-key", "the-secret-key", "the-deployment", "max_completion_tokens"),
            AiProvider.OpenAi => ("/v1/chat/completions", "Authorization", "Bearer the-secret-key", "the-model", "max_completion_tokens"),
            _ => ("/v1/messages", "Authorization", "Bearer the-secret-key", "the-model", "max_tokens"),
        };
        Assert.Equal(path, request.Path);
        Assert.Equal(value, request.Headers[header]);
        Assert.Equal(model, (string?)request.Body!["model"]);
        Assert.Equal(77, (int?)request.Body[tokens]);
        Assert.Contains("hello", request.Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task A_hiccup_is_got_over(string vendor)
    {
        await using var server = await ModelServer.StartAsync(Enum.Parse<AiProvider>(vendor));
        server.Fails(503).Says("Good day.");

        Assert.Equal("Good day.", await AskAsync(server.Model()));
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task A_vendor_that_stays_down_or_busy_is_unavailable_after_two_tries(string vendor)
    {
        foreach (var status in new[] { 429, 500, 529 })
        {
            await using var server = await ModelServer.StartAsync(Enum.Parse<AiProvider>(vendor));
            server.Fails(status, times: 5);

            var fault = await Assert.ThrowsAsync<ModelUnavailableException>(() => AskAsync(server.Model()));

            Assert.Contains($"HTTP {status}", fault.Message, StringComparison.Ordinal);
            Assert.InRange(server.Requests.Count, 1, 2);
        }
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task A_refused_key_is_said_without_the_key(string vendor)
    {
        await using var server = await ModelServer.StartAsync(Enum.Parse<AiProvider>(vendor));
        server.Fails(401, """{"error":{"message":"Incorrect API key provided: the-secret-key"}}""");

        var fault = await Assert.ThrowsAsync<ModelUnavailableException>(() => AskAsync(server.Model()));

        Assert.DoesNotContain("the-secret-key", fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task A_refused_question_is_said_without_a_key_that_the_vendor_repeats(string vendor)
    {
        const string Key = "sk-proj-0123456789abcdefghij";
        await using var server = await ModelServer.StartAsync(Enum.Parse<AiProvider>(vendor));
        server.Fails(400, $$$"""{"error":{"message":"No such model for {{{Key}}}"}}""");

        var fault = await Assert.ThrowsAsync<ModelAnswerException>(() => AskAsync(server.Model()));

        Assert.Contains("No such model for ***", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task A_refused_question_is_not_worth_asking_again(string vendor)
    {
        await using var server = await ModelServer.StartAsync(Enum.Parse<AiProvider>(vendor));
        server.Fails(400);

        await Assert.ThrowsAsync<ModelAnswerException>(() => AskAsync(server.Model()));
    }

    [Theory]
    [InlineData("<html>It works!</html>")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"choices":[],"content":7}""")]
    public async Task A_body_that_is_no_answer_has_a_name(string body)
    {
        foreach (var vendor in new[] { AiProvider.Azure, AiProvider.OpenAi, AiProvider.Anthropic })
        {
            await using var server = await ModelServer.StartAsync(vendor);
            server.Fails(200, body, times: 2);

            var fault = await Record.ExceptionAsync(async () => Assert.Equal("", await AskAsync(server.Model())));

            Assert.True(fault is null or ModelAnswerException, $"{vendor}: {fault}");
        }
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task A_vendor_that_never_answers_is_unavailable_after_100_seconds(string vendor)
    {
        var time = new FakeTimeProvider();
        await using var server = await ModelServer.StartAsync(Enum.Parse<AiProvider>(vendor));
        server.Hangs();
        var asking = AskAsync(server.Model(time));
        await server.Arrived;

        time.Advance(TimeSpan.FromSeconds(99));
        Assert.False(asking.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<ModelUnavailableException>(() => asking);
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task A_vendor_that_cannot_be_reached_is_unavailable(string vendor)
    {
        var server = await ModelServer.StartAsync(Enum.Parse<AiProvider>(vendor));
        var model = server.Model();
        await server.DisposeAsync();

        await Assert.ThrowsAsync<ModelUnavailableException>(() => AskAsync(model));
    }

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task A_caller_who_goes_away_is_not_a_failure_of_the_vendor(string vendor)
    {
        await using var server = await ModelServer.StartAsync(Enum.Parse<AiProvider>(vendor));
        server.Hangs();
        using var away = new CancellationTokenSource();
        var asking = AskAsync(server.Model(), away.Token);
        await server.Arrived;

        await away.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    private static Task<string> AskAsync(LanguageModel model, CancellationToken cancellationToken = default) => model.AskAsync(
        async (client, token) => (await client.GetResponseAsync("hello", new ChatOptions { MaxOutputTokens = 77 }, token)).Text, cancellationToken);
}
