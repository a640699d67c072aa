using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.Ai;
using OrchestratorFunctions.Visions;
using TestKit;

namespace OrchestratorFunctions.Tests.Visions;

/// <summary>The rooms Ai and Visions together against the vendors' stand-ins, which refuse what the vendors refuse.</summary>
public sealed class WholeInterviewTests
{
    private static readonly string[] Answers =
        ["A page where people order bread", "Bakers, customers", "Paper gets lost", "Take orders, take payments, remind people", "They open it, choose and pay", "A hundred orders a week"];

    [Theory]
    [InlineData("OpenAi")]
    [InlineData("Anthropic")]
    public async Task The_model_asks_offers_and_writes_a_vision_and_its_rework(string vendor)
    {
        await using var standIns = await StandIns.StartAsync();
        await using var room = await ProjectRoom.CreateAsync();
        var options = vendor == "OpenAi"
            ? new AiOptions { OpenAiApiKey = standIns.OpenAi.Key, OpenAiBaseUrl = $"{standIns.OpenAi.Address}/v1", Model = "interview-1" }
            : new AiOptions { AnthropicApiKey = standIns.Anthropic.Key, AnthropicBaseUrl = standIns.Anthropic.Address };
        using var http = new HttpClient();
        var model = new LanguageModel(ChatClients.Create(options, http, () => throw new InvalidOperationException("no identity in this test")), TimeProvider.System);
        var agent = new ProductAgent(model, room.Documents);
        var completeness = new Completeness(model, new StructuredOutput(model));
        var talk = new List<TopicMessage>();

        var replies = new List<AgentReply>();
        foreach (var answer in Answers)
        {
            await room.SayAsync(answer);
            talk.Add(new TopicMessage(TopicMessage.User, answer));
            replies.Add(await agent.ReplyAsync(new AgentTurn(room.Project, talk, null), default));
            talk.Add(new TopicMessage(TopicMessage.Assistant, replies[^1].Markdown));
        }

        Assert.All(replies.SkipLast(1), reply => Assert.Empty(reply.Proposals));
        Assert.Equal([new VisionProposal()], replies[^1].Proposals);
        Assert.True((await completeness.AssessAsync(talk, default)).IsComplete);

        var drafting = room.Drafting(model);
        await drafting.RunAsync(new Call(), new DraftVisionRequest(room.Project.Id, 1, 1, null));
        var gate = new OpenGateSummary("Vision", "Vision, version 1", 1);
        var wish = (await agent.ReplyAsync(new AgentTurn(room.Project, [.. talk, new TopicMessage(TopicMessage.User, "Make the colours different, please")], gate), default)).Proposals;
        var change = Assert.IsType<ChangeProposal>(Assert.Single(wish));
        var second = await drafting.RunAsync(new Call(), new DraftVisionRequest(room.Project.Id, 1, 2, change.Reason));

        var versions = new[] { 1, 2 }.Select(version => room.Documents.FindAsync(room.Project.Id, DocumentKind.Vision, version, default).Result!).ToArray();
        Assert.Contains("order bread", versions[0].Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("colours", versions[0].Markdown, StringComparison.Ordinal);
        Assert.Contains("colours", versions[1].Markdown, StringComparison.Ordinal);
        Assert.Equal(2, second.Version);
        Assert.Empty(standIns.Unexpected);
    }
}
