using DurableTask;
using Moq;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Conversations;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;
using OrchestratorFunctions.Workflow;

namespace OrchestratorFunctions.Tests.Conversations;

public sealed class OfferTests
{
    [Fact]
    public async Task An_offer_of_a_vision_that_is_taken_starts_one_run_however_many_press()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < 5; round++)
        {
            var project = await rooms.ProjectAsync();
            var token = await OfferVisionAsync(rooms, project);
            var toasts = await Race.RunAsync(6, _ => rooms.ReceiveAsync(DeliveryKind.Press, token));
            Assert.Equal(["I am writing the vision.", .. Enumerable.Repeat("That is done already.", 5)], toasts.Order());
            var after = await rooms.ProjectAsync(project.Id);
            Assert.Equal((ProjectStatus.VisionReview, 1), (after.Status, after.Run));
            rooms.Hub.Verify(
                hub => hub.ScheduleNewOrchestrationInstanceAsync(nameof(ProjectOrchestrator), new ProjectStart(project.Id, 1), new StartOrchestrationOptions($"project:{project.Id}:1", null), It.IsAny<CancellationToken>()),
                Times.Once);
        }

        Assert.All(await rooms.AuditAsync(), entry => Assert.Equal("workflow_started success", entry));
    }

    [Fact]
    public async Task Who_does_not_decide_takes_no_offer_and_the_offer_stands()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync();
        var token = await OfferVisionAsync(rooms, project);
        Assert.Equal("Only Ada can decide this.", await rooms.ReceiveAsync(DeliveryKind.Press, token, Rooms.Bob));
        Assert.Equal("Only Ada can decide this.", await rooms.ReceiveAsync(DeliveryKind.Press, token, mayAct: false));
        Assert.Equal(["offer_denied denied", "offer_denied denied"], await rooms.AuditAsync());
        Assert.Equal("I am writing the vision.", await rooms.ReceiveAsync(DeliveryKind.Press, token));
    }

    [Fact]
    public async Task An_offer_is_edited_when_it_is_taken()
    {
        await using var rooms = await Rooms.CreateAsync();
        await rooms.ReceiveAsync(DeliveryKind.Press, await OfferVisionAsync(rooms, await rooms.ProjectAsync()));
        Assert.Equal(["I am writing the vision. This takes a moment."], await rooms.ListAsync<string>("select markdown from outbox where edits_key like 'offer:%'"));
    }

    [Fact]
    public async Task While_the_project_is_under_way_no_second_run_begins()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.InProgress);
        Assert.Equal("Bakery is being built, so I cannot write a vision now.", await rooms.ReceiveAsync(DeliveryKind.Press, await OfferVisionAsync(rooms, project)));
        Assert.Equal(1, (await rooms.ProjectAsync(project.Id)).Run);
    }

    [Fact]
    public async Task An_offer_that_was_refused_because_the_project_is_under_way_stands_and_can_be_taken_later()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.VisionReview);
        var token = await OfferVisionAsync(rooms, project);
        Assert.Equal("Bakery is vision review, so I cannot write a vision now.", await rooms.ReceiveAsync(DeliveryKind.Press, token));
        Assert.Equal(1L, await rooms.ReadAsync<long>("select count(*) from offers where taken_at is null"));
        await rooms.ExecuteAsync("update projects set status = 'BRAINSTORMING'");
        Assert.Equal("I am writing the vision.", await rooms.ReceiveAsync(DeliveryKind.Press, token));
        Assert.Equal("That is done already.", await rooms.ReceiveAsync(DeliveryKind.Press, token));
        Assert.Equal(2, (await rooms.ProjectAsync(project.Id)).Run);
    }

    [Fact]
    public async Task In_one_topic_one_offer_of_a_vision_stands_and_after_it_is_taken_another_may()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync();
        var topic = await rooms.DoAsync(connection => rooms.Get<ConversationStore>().TopicAsync(connection, project.Id, default));
        Task<Guid?> AddAsync() => rooms.DoAsync(connection => rooms.Get<OfferStore>().AddVisionAsync(connection, project.Id, topic, default));
        var offer = Assert.Single(await Race.RunAsync(5, _ => AddAsync()), added => added is not null);
        Assert.Equal(offer, await rooms.DoAsync(connection => rooms.Get<OfferStore>().StandingVisionAsync(connection, topic, default)));
        Assert.True(await rooms.DoAsync(connection => rooms.Get<OfferStore>().TakeAsync(connection, offer!.Value, Rooms.Ada, default)));
        Assert.NotNull(await AddAsync());
    }

    [Fact]
    public async Task A_change_that_is_taken_rejects_the_gate_with_its_reason_once()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.VisionReview);
        var gate = await rooms.VisionGateAsync(project.Id);
        var topic = await rooms.DoAsync(connection => rooms.Get<ConversationStore>().TopicAsync(connection, project.Id, default));
        var offer = await rooms.DoAsync(connection => rooms.Get<OfferStore>().AddChangeAsync(connection, project.Id, topic, gate, "more bread", default));
        var token = await rooms.ButtonAsync(TalkVerbs.TakeOffer, offer);
        Assert.Equal("Vision, version 1: sent back for changes.", await rooms.ReceiveAsync(DeliveryKind.Press, token));
        Assert.Equal("That is done already.", await rooms.ReceiveAsync(DeliveryKind.Press, token));
        Assert.Equal((GateStatus.Rejected, "more bread"), ((await rooms.GateAsync(gate)).Status, (await rooms.GateAsync(gate)).Reason));
    }

    [Fact]
    public async Task A_change_of_a_gate_that_is_decided_already_hears_by_whom()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.VisionReview);
        var gate = await rooms.VisionGateAsync(project.Id);
        var topic = await rooms.DoAsync(connection => rooms.Get<ConversationStore>().TopicAsync(connection, project.Id, default));
        var offer = await rooms.DoAsync(connection => rooms.Get<OfferStore>().AddChangeAsync(connection, project.Id, topic, gate, "more bread", default));
        await rooms.DecideAsync(gate, GateStatus.Approved);
        Assert.StartsWith("Already approved by Ada", await rooms.ReceiveAsync(DeliveryKind.Press, await rooms.ButtonAsync(TalkVerbs.TakeOffer, offer)), StringComparison.Ordinal);
    }

    private static async Task<string> OfferVisionAsync(Rooms rooms, Project project)
    {
        var topic = await rooms.DoAsync(connection => rooms.Get<ConversationStore>().TopicAsync(connection, project.Id, default));
        var offer = (await rooms.DoAsync(connection => rooms.Get<OfferStore>().AddVisionAsync(connection, project.Id, topic, default)))!.Value;
        await rooms.SayAsync(new OutboxMessage(project.Address, Offer.MessageKey(offer), "Shall I?"));
        return await rooms.ButtonAsync(TalkVerbs.TakeOffer, offer);
    }
}
