using Moq;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Conversations;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Conversations;

public sealed class ButtonPressTests
{
    private const string Unknown = "I do not know this button.";

    private static readonly string[] Forged =
    [
        "", " ", "\0", "AAAA\0AAAAAAAAAAAAAAAAA", "gate.approve", "AAAAAAAAAAAAAAAAAAAAAA", "' or 1=1 --", "%", "🍞🍞🍞🍞🍞🍞🍞🍞🍞🍞🍞🍞🍞🍞🍞🍞",
        new string('\u0001', 64), new string('x', 5000),
        Convert.ToBase64String(Enumerable.Range(0, 48).Select(number => (byte)(number * 37)).ToArray()),
    ];

    [Fact]
    public async Task A_forged_token_does_nothing()
    {
        await using var rooms = await Rooms.CreateAsync();
        var gate = await rooms.VisionGateAsync((await rooms.ProjectAsync(ProjectStatus.VisionReview)).Id);
        foreach (var token in Forged)
        {
            Assert.Equal((token, Unknown), (token, await rooms.ReceiveAsync(DeliveryKind.Press, token)));
        }

        Assert.Equal(GateStatus.Pending, (await rooms.GateAsync(gate)).Status);
        Assert.Empty(await rooms.AuditAsync());
    }

    [Fact]
    public async Task A_token_of_a_verb_or_subject_that_does_not_exist_does_nothing()
    {
        await using var rooms = await Rooms.CreateAsync();
        foreach (var verb in new[] { GateVerbs.Approve, GateVerbs.Change, GateVerbs.Stop, TalkVerbs.TakeOffer, TalkVerbs.SwitchProject, "unheard.of" })
        {
            Assert.Equal(Unknown, await rooms.ReceiveAsync(DeliveryKind.Press, await rooms.ButtonAsync(verb, Guid.NewGuid())));
            Assert.Equal(Unknown, await rooms.ReceiveAsync(DeliveryKind.Press, await rooms.ButtonAsync(verb)));
        }
    }

    [Fact]
    public async Task The_button_under_the_question_decides_the_gate_once()
    {
        await using var rooms = await Rooms.CreateAsync();
        var gate = await rooms.VisionGateAsync((await rooms.ProjectAsync(ProjectStatus.VisionReview)).Id);
        var token = await rooms.ReadAsync<string>("select buttons -> 0 ->> 'token' from outbox where gate_id = @gate", new { gate });
        Assert.Equal("Vision, version 1: approved.", await rooms.ReceiveAsync(DeliveryKind.Press, token));
        Assert.StartsWith("Already approved by Ada", await rooms.ReceiveAsync(DeliveryKind.Press, token), StringComparison.Ordinal);
        rooms.Hub.Verify(hub => hub.RaiseEventAsync($"gate:{gate}", "decided", null, It.IsAny<CancellationToken>()), Times.Once);
    }

    [Fact]
    public async Task Change_asks_for_the_reason_and_decides_nothing_yet()
    {
        await using var rooms = await Rooms.CreateAsync();
        var gate = await rooms.VisionGateAsync((await rooms.ProjectAsync(ProjectStatus.VisionReview)).Id);
        var token = await rooms.ButtonAsync(GateVerbs.Change, gate);
        Assert.Equal("Tell me what should be different.", await rooms.ReceiveAsync(DeliveryKind.Press, token));
        Assert.Equal(GateStatus.Pending, (await rooms.GateAsync(gate)).Status);
        Assert.True(await rooms.ReadAsync<bool>("select asks_for_reply from outbox order by id desc limit 1"));
        Assert.Equal(gate, await rooms.DoAsync(connection => rooms.Get<OwedReasons>().OwedAsync(connection, Rooms.Ada, Rooms.Chat, default)));
    }

    [Fact]
    public async Task Change_is_refused_to_who_does_not_decide_and_at_a_gate_that_is_decided()
    {
        await using var rooms = await Rooms.CreateAsync();
        var gate = await rooms.VisionGateAsync((await rooms.ProjectAsync(ProjectStatus.VisionReview)).Id);
        var token = await rooms.ButtonAsync(GateVerbs.Change, gate);
        Assert.Equal("Only Ada can decide this.", await rooms.ReceiveAsync(DeliveryKind.Press, token, Rooms.Bob));
        Assert.Equal("Only Ada can decide this.", await rooms.ReceiveAsync(DeliveryKind.Press, token, mayAct: false));
        await rooms.DecideAsync(gate, GateStatus.Approved);
        Assert.StartsWith("Already approved by Ada", await rooms.ReceiveAsync(DeliveryKind.Press, token), StringComparison.Ordinal);
        Assert.Equal(0L, await rooms.ReadAsync<long>("select count(*) from owed_reasons"));
        Assert.Equal(["approval_denied denied", "approval_denied denied", "approval_granted success"], await rooms.AuditAsync());
    }

    [Fact]
    public async Task A_button_switches_the_talk_to_a_project_of_this_chat_only()
    {
        await using var rooms = await Rooms.CreateAsync();
        var here = await rooms.ProjectAsync(name: "Here");
        var elsewhere = await rooms.ProjectAsync(name: "Elsewhere", address: "telegram:-77");
        await rooms.ProjectAsync(name: "Newest");
        Assert.Equal("Now: Here", await rooms.ReceiveAsync(DeliveryKind.Press, await rooms.ButtonAsync(TalkVerbs.SwitchProject, here.Id)));
        Assert.Equal(Unknown, await rooms.ReceiveAsync(DeliveryKind.Press, await rooms.ButtonAsync(TalkVerbs.SwitchProject, elsewhere.Id)));
        Assert.Equal(Unknown, await rooms.ReceiveAsync(DeliveryKind.Press, await rooms.ButtonAsync(TalkVerbs.SwitchProject, here.Id), mayAct: false));
        Assert.Equal(here, await rooms.DoAsync(connection => rooms.Get<ConversationStore>().CurrentProjectAsync(connection, Rooms.Chat, default)));
    }

    [Fact]
    public async Task A_button_begins_another_project_and_a_repeated_press_does_not_begin_two()
    {
        await using var rooms = await Rooms.CreateAsync();
        var press = ProjectSetup.Delivery(DeliveryKind.Press, await rooms.ButtonAsync(TalkVerbs.NewProject));
        var toasts = await Race.RunAsync(5, _ => rooms.Get<Intake>().ReceiveAsync(press, "Ada", default));
        Assert.All(toasts, toast => Assert.Equal("A new project.", toast));
        Assert.Equal("New project", Assert.Single(await rooms.ListAsync<string>("select name from projects")));
        Assert.Equal(["project_created success"], await rooms.AuditAsync());
        Assert.Equal(Unknown, await rooms.ReceiveAsync(DeliveryKind.Press, await rooms.ButtonAsync(TalkVerbs.NewProject), mayAct: false));
    }
}
