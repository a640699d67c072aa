using Microsoft.Extensions.AI;
using OrchestratorFunctions.Ai;
using Xunit;

namespace OrchestratorFunctions.Tests.Ai;

public sealed class StructuredOutputTests
{
    private sealed record Fruit(string FruitName, int Count);

    [Theory]
    [InlineData("""{"fruit_name":"fig","count":3}""")]
    [InlineData("```json\n{\"fruit_name\":\"fig\",\"count\":3}\n```")]
    [InlineData("Here you are: {\"fruit_name\":\"fig\",\"count\":3,} Anything else?")]
    public async Task An_answer_is_read_also_when_it_is_wrapped(string text)
    {
        foreach (var vendor in new[] { AiProvider.OpenAi, AiProvider.Anthropic })
        {
            await using var server = await ModelServer.StartAsync(vendor);
            server.Says(text);

            Assert.Equal(new Fruit("fig", 3), await AskAsync(server));
            Assert.Contains("fruit_name", Assert.Single(server.Requests).Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("I would rather not.", "invalid")]
    [InlineData("""{"fruit_name":"fig"}""", "count")]
    [InlineData("""{"fruit_name":null,"count":3}""", "fruit_name")]
    [InlineData("""{"fruit_name":"fig","count":-1}""", "count is negative")]
    [InlineData("null", "null")]
    public async Task An_answer_that_cannot_be_used_is_sent_back_once_with_what_is_wrong(string text, string complaint)
    {
        foreach (var vendor in new[] { AiProvider.OpenAi, AiProvider.Anthropic })
        {
            await using var server = await ModelServer.StartAsync(vendor);
            server.Says(text).Says("""{"fruit_name":"fig","count":3}""");

            Assert.Equal(new Fruit("fig", 3), await AskAsync(server));
            Assert.Contains(complaint, server.Requests.Last().Text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task A_second_answer_that_cannot_be_used_is_a_failure()
    {
        await using var server = await ModelServer.StartAsync();
        server.Says("no").Says("still no").Says("""{"fruit_name":"fig","count":3}""");

        await Assert.ThrowsAsync<ModelAnswerException>(() => AskAsync(server));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task An_answer_that_was_cut_off_is_asked_for_again_shorter()
    {
        await using var server = await ModelServer.StartAsync();
        server.Says("""{"fruit_name":"fig","count":3}""", cutOff: true).Says("""{"fruit_name":"fig","count":4}""");

        Assert.Equal(4, (await AskAsync(server)).Count);
        Assert.Contains("cut off", server.Requests.Last().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_know_response_formats_is_asked_without_one()
    {
        await using var server = await ModelServer.StartAsync();
        server.Fails(400).Says("""{"fruit_name":"fig","count":3}""");

        Assert.Equal(3, (await AskAsync(server)).Count);
        Assert.NotNull(server.Requests.First().Body!["response_format"]);
        Assert.Null(server.Requests.Last().Body!["response_format"]);
    }

    private static Task<Fruit> AskAsync(ModelServer server) => new StructuredOutput(server.Model()).AskAsync<Fruit>(
        "Name a fruit.", [new ChatMessage(ChatRole.User, "figs")], fruit => fruit.Count < 0 ? "count is negative." : null, 100, CancellationToken.None);
}
