using System.Text.Json.Nodes;
using DurableTask;
using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.Ai;
using OrchestratorFunctions.Visions;
using Xunit;

namespace OrchestratorFunctions.Tests.Visions;

public sealed class DraftVisionTests
{
    private static readonly LanguageModel Offline = new(null, TimeProvider.System);

    [Theory]
    [InlineData("OpenAi")]
    [InlineData("Anthropic")]
    public async Task The_model_writes_from_the_open_topic_and_the_vision_is_stored_with_its_hash(string vendor)
    {
        await using var room = await ProjectRoom.CreateAsync();
        await room.SayAsync("an idea that was given up");
        await room.NewTopicAsync();
        await room.SayAsync("a bakery's order book");
        await using var server = await ModelServer.StartAsync(Enum.Parse<AiProvider>(vendor));
        server.Says((VisionTests.Bread with { WhatItIs = "An order book for a bakery in Ko\u0308ln. " }).ToCanonicalJson());

        var reference = await room.Drafting(server.Model()).RunAsync(new Call(), new DraftVisionRequest(room.Project.Id, 1, 1, null));

        var document = await room.Documents.LatestAsync(room.Project.Id, DocumentKind.Vision, default);
        Assert.Equal(new DocumentRef(room.Project.Id, DocumentKind.Vision, 1, VisionTests.BreadSha256), reference);
        Assert.Equal(reference.Sha256, document!.Sha256);
        Assert.Contains("in Köln.\n", document.Markdown, StringComparison.Ordinal);
        Assert.StartsWith("# Bakery\n", document.Markdown, StringComparison.Ordinal);
        Assert.Contains("order book", server.Requests.Single().Text, StringComparison.Ordinal);
        Assert.DoesNotContain("given up", server.Requests.Single().Text, StringComparison.Ordinal);
        Assert.Contains(reference.Sha256, Assert.Single(await room.AuditAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asked_twice_it_writes_once()
    {
        await using var room = await ProjectRoom.CreateAsync();
        await room.SayAsync("a bakery's order book");
        await using var server = await ModelServer.StartAsync();
        server.Says(VisionTests.Bread.ToCanonicalJson());
        var request = new DraftVisionRequest(room.Project.Id, 1, 1, null);

        var first = await room.Drafting(server.Model()).RunAsync(new Call(), request);
        var second = await room.Drafting(server.Model()).RunAsync(new Call(), request);

        Assert.Equal(first, second);
        Assert.Single(server.Requests);
        Assert.Single(await room.AuditAsync());
    }

    [Fact]
    public async Task Asked_eight_times_at_once_it_keeps_one_version_and_one_audit_entry()
    {
        await using var room = await ProjectRoom.CreateAsync();
        await room.SayAsync("a bakery's order book");
        await using var server = await ModelServer.StartAsync();
        foreach (var i in Enumerable.Range(0, 8))
        {
            server.Says((VisionTests.Bread with { WhatItIs = $"version of run {i}" }).ToCanonicalJson());
        }

        var model = server.Model();
        var references = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => room.Drafting(model).RunAsync(new Call(), new DraftVisionRequest(room.Project.Id, 1, 1, null)))));

        Assert.Single(references.Distinct());
        Assert.Equal(1, references[0].Version);
        Assert.Single(await room.AuditAsync());
    }

    [Fact]
    public async Task A_rework_is_given_the_newest_vision_and_the_reason_and_becomes_the_next_version()
    {
        await using var room = await ProjectRoom.CreateAsync();
        await room.SayAsync("a bakery's order book");
        await using var server = await ModelServer.StartAsync();
        server.Says(VisionTests.Bread.ToCanonicalJson()).Says((VisionTests.Bread with { WhatItIs = "An order book for two bakeries." }).ToCanonicalJson());
        var drafting = room.Drafting(server.Model());

        await drafting.RunAsync(new Call(), new DraftVisionRequest(room.Project.Id, 1, 1, null));
        var reworked = await drafting.RunAsync(new Call(), new DraftVisionRequest(room.Project.Id, 1, 2, "we have two bakeries"));

        Assert.Equal(2, reworked.Version);
        var asked = server.Requests.Last().Text;
        Assert.Contains("we have two bakeries", asked, StringComparison.Ordinal);
        Assert.Contains("This is the vision so far", asked, StringComparison.Ordinal);
        Assert.Contains("Writing orders on paper", asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vision_with_a_hole_in_it_is_sent_back_to_the_model()
    {
        await using var room = await ProjectRoom.CreateAsync();
        await room.SayAsync("a bakery's order book");
        await using var server = await ModelServer.StartAsync();
        server.Says((VisionTests.Bread with { UserJourney = " " }).ToCanonicalJson()).Says(VisionTests.Bread.ToCanonicalJson());

        var reference = await room.Drafting(server.Model()).RunAsync(new Call(), new DraftVisionRequest(room.Project.Id, 1, 1, null));

        Assert.Equal(VisionTests.BreadSha256, reference.Sha256);
        Assert.Contains("user_journey is empty", server.Requests.Last().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_down_leaves_nothing_behind()
    {
        await using var room = await ProjectRoom.CreateAsync();
        await room.SayAsync("a bakery's order book");
        await using var server = await ModelServer.StartAsync();
        server.Fails(503, times: 2);

        await Assert.ThrowsAsync<ModelUnavailableException>(() => room.Drafting(server.Model()).RunAsync(new Call(), new DraftVisionRequest(room.Project.Id, 1, 1, null)));

        Assert.Null(await room.Documents.LatestAsync(room.Project.Id, DocumentKind.Vision, default));
        Assert.Empty(await room.AuditAsync());
    }

    [Fact]
    public async Task A_model_whose_answer_cannot_be_used_is_not_asked_for_half_a_day()
    {
        await using var room = await ProjectRoom.CreateAsync();
        await room.SayAsync("a bakery's order book");
        await using var server = await ModelServer.StartAsync();
        server.Says("I would rather not.").Says("Still not.").Says("No.");

        await Assert.ThrowsAsync<PermanentFailureException>(() => room.Drafting(server.Model()).RunAsync(new Call(), new DraftVisionRequest(room.Project.Id, 1, 1, null)));

        Assert.Null(await room.Documents.LatestAsync(room.Project.Id, DocumentKind.Vision, default));
    }

    [Fact]
    public async Task Where_nothing_was_said_there_is_no_vision_to_write()
    {
        await using var room = await ProjectRoom.CreateAsync();

        await Assert.ThrowsAsync<PermanentFailureException>(() => room.Drafting(Offline).RunAsync(new Call(), new DraftVisionRequest(room.Project.Id, 1, 1, null)));
        await Assert.ThrowsAsync<PermanentFailureException>(() => room.Drafting(Offline).RunAsync(new Call(), new DraftVisionRequest(Guid.NewGuid(), 1, 1, null)));
    }

    [Fact]
    public async Task Without_a_model_the_interview_leads_from_the_first_word_to_a_vision_and_its_rework()
    {
        await using var room = await ProjectRoom.CreateAsync();
        string[] answers = ["An order book", "Bakers\n- Customers", "Paper gets lost", "1 order\nPay\nRemind", "Open, choose, pay", "100 orders a week"];
        var agent = new ProductAgent(Offline, room.Documents);
        var completeness = new Completeness(Offline, new StructuredOutput(Offline));
        foreach (var (answer, index) in answers.Select((answer, index) => (answer, index)))
        {
            await room.SayAsync(answer);
            var talk = await room.Visions.NewestMessagesAsync(room.Project.Id, 40, default);
            var reply = await agent.ReplyAsync(new AgentTurn(room.Project, talk, null), default);
            var isLast = index == answers.Length - 1;

            Assert.Equal(isLast, (await completeness.AssessAsync(talk, default)).IsComplete);
            Assert.Equal(isLast ? [new VisionProposal()] : [], reply.Proposals);
            Assert.True(isLast || reply.Markdown.Contains(Interview.Criteria[index + 1].Question, StringComparison.Ordinal));
        }

        await room.SayAsync("It should be green");
        var drafting = room.Drafting(Offline);
        var first = await drafting.RunAsync(new Call(), new DraftVisionRequest(room.Project.Id, 1, 1, null));
        var second = await drafting.RunAsync(new Call(), new DraftVisionRequest(room.Project.Id, 1, 2, "no reminders please"));

        var written = (await room.Documents.FindAsync(room.Project.Id, DocumentKind.Vision, first.Version, default))!.Markdown;
        Assert.All(answers.SelectMany(answer => answer.Split("\n- ").SelectMany(line => line.Split('\n'))).Append("It should be green"), answer => Assert.Contains(answer, written, StringComparison.Ordinal));
        Assert.Contains("no reminders please", (await room.Documents.FindAsync(room.Project.Id, DocumentKind.Vision, second.Version, default))!.Markdown, StringComparison.Ordinal);
        Assert.NotEqual(first.Sha256, second.Sha256);
        Assert.Null(Vision.FromCanonicalJson((await room.Documents.LatestAsync(room.Project.Id, DocumentKind.Vision, default))!.Content).Fault());
        Assert.NotNull(JsonNode.Parse((await room.Documents.LatestAsync(room.Project.Id, DocumentKind.Vision, default))!.Content)!["out_of_scope"]);
    }
}
