using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Tests.Ai;
using OrchestratorFunctions.Visions;
using Xunit;

namespace OrchestratorFunctions.Tests.Visions;

public sealed class CompletenessTests
{
    private static readonly TopicMessage[] Talk = [new("user", "a bakery's order book")];

    [Fact]
    public async Task The_model_says_which_criteria_are_answered()
    {
        await using var server = await ModelServer.StartAsync();
        server.Says("""{"what_it_is":true,"users":true,"problem":false,"features":true,"journey":false,"success":true}""");

        var score = await AssessAsync(server, Talk);

        Assert.False(score.IsComplete);
        Assert.Equal(["problem", "journey"], score.Missing);
        Assert.All(Interview.Criteria, criterion => Assert.Contains(criterion.Meaning, server.Requests.Single().Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task All_six_make_it_complete()
    {
        await using var server = await ModelServer.StartAsync();
        server.Says("""{"what_it_is":true,"users":true,"problem":true,"features":true,"journey":true,"success":true}""");

        var score = await AssessAsync(server, Talk);

        Assert.True(score.IsComplete);
        Assert.Empty(score.Missing);
    }

    [Fact]
    public async Task An_answer_that_leaves_one_out_is_not_guessed()
    {
        await using var server = await ModelServer.StartAsync();
        server.Says("""{"what_it_is":true}""").Says("""{"what_it_is":true}""");

        await Assert.ThrowsAsync<ModelAnswerException>(() => AssessAsync(server, Talk));
    }

    [Fact]
    public async Task Where_the_person_said_nothing_nobody_is_asked()
    {
        await using var server = await ModelServer.StartAsync();

        Assert.Equal(6, (await AssessAsync(server, [new TopicMessage("assistant", "hello")])).Missing.Count);
        Assert.Empty(server.Requests);
    }

    private static Task<CompletenessScore> AssessAsync(ModelServer server, IReadOnlyList<TopicMessage> talk)
    {
        var model = server.Model();
        return new Completeness(model, new StructuredOutput(model)).AssessAsync(talk, default);
    }
}
