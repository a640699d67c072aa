using Moq;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Conversations;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Conversations;

public sealed class InstantCommandTests
{
    [Theory]
    [InlineData("/status", "There is no project in this chat yet. Tell me your idea, and we begin.")]
    [InlineData("/stop", "There is no project in this chat yet. Tell me your idea, and we begin.")]
    [InlineData("/continue", "There is no project in this chat yet. Tell me your idea, and we begin.")]
    [InlineData("/projects", "There is no project in this chat yet. Tell me your idea, and we begin.")]
    [InlineData("/pending", "Nothing waits for you.")]
    [InlineData("/help", InstantCommands.Help)]
    [InlineData("/help me please", InstantCommands.Help)]
    public async Task Without_a_project_every_command_has_an_answer_at_once(string command, string answer)
    {
        await using var rooms = await Rooms.CreateAsync();
        Assert.Null(await rooms.ReceiveAsync(DeliveryKind.Command, command));
        Assert.Equal([answer], await rooms.SaidAsync());
        Assert.Equal("DONE", await rooms.ReadAsync<string>("select status from inbox"));
    }

    [Theory]
    [InlineData("/start")]
    [InlineData("/new Bakery")]
    [InlineData("/reset")]
    [InlineData("/repo acme/app")]
    [InlineData("/statusx")]
    [InlineData("/unknown")]
    public async Task What_changes_the_talk_waits_for_its_turn(string command)
    {
        await using var rooms = await Rooms.CreateAsync();
        await rooms.ReceiveAsync(DeliveryKind.Command, command);
        Assert.Empty(await rooms.SaidAsync());
        Assert.Equal("OPEN", await rooms.ReadAsync<string>("select status from inbox"));
    }

    [Theory]
    [InlineData("BRAINSTORMING", "talking about the idea")]
    [InlineData("VISION_REVIEW", "vision review")]
    [InlineData("PLANNING", "planning")]
    [InlineData("IN_PROGRESS", "being built")]
    [InlineData("PAUSED", "paused")]
    [InlineData("STOPPING", "stopping")]
    public async Task Status_says_where_the_project_is(string status, string words)
    {
        await using var rooms = await Rooms.CreateAsync();
        await rooms.ProjectAsync(ProjectStatuses.Parse(status));
        await rooms.ExecuteAsync("update projects set activity = 'thinking hard', repository = 'acme/app'");
        await rooms.ReceiveAsync(DeliveryKind.Command, "/status");
        Assert.Equal([$"**Bakery** — {words}\n\nNow: thinking hard\n\nRepository: `acme/app`"], await rooms.SaidAsync());
    }

    [Fact]
    public async Task Status_names_the_gate_that_waits()
    {
        await using var rooms = await Rooms.CreateAsync();
        await rooms.VisionGateAsync((await rooms.ProjectAsync(ProjectStatus.VisionReview)).Id);
        await rooms.ReceiveAsync(DeliveryKind.Command, "/status", Rooms.Bob);
        Assert.Equal(
            "**Bakery** — vision review\n\nWaits for a decision: Vision, version 1 (/pending shows the buttons)\n\nRepository: none yet (/repo owner/name)", (await rooms.SaidAsync())[^1]);
    }

    [Fact]
    public async Task Pending_shows_the_buttons_of_every_gate_that_waits_for_the_person_and_of_no_other()
    {
        await using var rooms = await Rooms.CreateAsync();
        var first = await rooms.VisionGateAsync((await rooms.ProjectAsync(ProjectStatus.VisionReview)).Id);
        rooms.Time.Advance(TimeSpan.FromMinutes(1));
        var second = await rooms.ErrorGateAsync((await rooms.ProjectAsync(ProjectStatus.InProgress, "Florist", "telegram:-77")).Id);
        await rooms.ReceiveAsync(DeliveryKind.Command, "/pending");
        Assert.Equal(["**Bakery: Vision, version 1** waits for a decision.", "**Florist: Building failed** waits for a decision."], (await rooms.SaidAsync()).TakeLast(2));
        Assert.Equal([first, second], await rooms.ListAsync<Guid>("select gate_id from outbox where domain_key like 'telegram:7:%' order by id"));

        await rooms.ReceiveAsync(DeliveryKind.Command, "/pending", Rooms.Bob);
        Assert.Equal("Nothing waits for you.", (await rooms.SaidAsync())[^1]);
    }

    [Fact]
    public async Task Projects_are_listed_with_a_button_each_and_one_for_another()
    {
        await using var rooms = await Rooms.CreateAsync();
        foreach (var number in Enumerable.Range(1, 21))
        {
            await rooms.ProjectAsync(ProjectStatus.Cancelled, $"{number} {new string('x', 60)}");
            rooms.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await rooms.ProjectAsync(address: "telegram:-77", name: "elsewhere");
        await rooms.ReceiveAsync(DeliveryKind.Command, "/projects");
        var labels = await rooms.ListAsync<string>("select b ->> 'label' from outbox, jsonb_array_elements(buttons) b");
        Assert.Equal(21, labels.Count);
        Assert.Equal("New project", labels[^1]);
        Assert.StartsWith("2 ", labels[0], StringComparison.Ordinal);
        Assert.All(labels, label => Assert.InRange(label.Length, 1, 40));
    }

    [Theory]
    [InlineData("VISION_REVIEW")]
    [InlineData("PAUSED")]
    public async Task Stop_closes_the_gate_and_is_audited(string status)
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.VisionReview);
        var gate = await rooms.VisionGateAsync(project.Id);
        await rooms.ExecuteAsync("update projects set status = @status, paused_from = case when @status = 'PAUSED' then 'PLANNING' end", new { status });
        await rooms.ReceiveAsync(DeliveryKind.Command, "/stop");

        Assert.Equal(ProjectStatus.Stopping, (await rooms.ProjectAsync(project.Id)).Status);
        Assert.Equal(GateStatus.Closed, (await rooms.GateAsync(gate)).Status);
        Assert.Equal(["project_stopped success"], await rooms.AuditAsync());
        var said = await rooms.SaidAsync();
        Assert.Contains(said, text => text.Contains("closed, because the project was stopped", StringComparison.Ordinal));
        Assert.StartsWith("Stopping **Bakery**.", said[^1], StringComparison.Ordinal);
        rooms.Hub.Verify(hub => hub.RaiseEventAsync($"gate:{gate}", "decided", null, It.IsAny<CancellationToken>()));
        rooms.Hub.Verify(hub => hub.RaiseEventAsync($"project:{project.Id}:1", "changed", null, It.IsAny<CancellationToken>()));

        Assert.StartsWith("Already closed", (await rooms.DecideAsync(gate, GateStatus.Approved)).Toast, StringComparison.Ordinal);
        await rooms.ReceiveAsync(DeliveryKind.Command, "/stop");
        Assert.Equal("Nothing is running for **Bakery** (stopping), so there is nothing to stop.", (await rooms.SaidAsync())[^1]);
    }

    [Theory]
    [InlineData("/stop", "VISION_REVIEW")]
    [InlineData("/continue", "PAUSED")]
    public async Task Who_is_no_approver_steers_nothing_and_that_is_audited(string command, string status)
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatuses.Parse(status));
        await rooms.ReceiveAsync(DeliveryKind.Command, command, Rooms.Bob);
        Assert.Equal(["Only Ada can do that in **Bakery**."], await rooms.SaidAsync());
        Assert.Equal(["command_denied denied"], await rooms.AuditAsync());
        Assert.Equal(status, (await rooms.ProjectAsync(project.Id)).Status.Stored());
    }

    [Fact]
    public async Task Continue_with_an_open_gate_names_it_and_moves_nothing_however_often()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.VisionReview);
        var gate = await rooms.VisionGateAsync(project.Id);
        for (var time = 1; time <= 5; time++)
        {
            await rooms.ReceiveAsync(DeliveryKind.Command, "/continue");
            Assert.Equal(time, (await rooms.SaidAsync()).Count(text => text == "**Bakery: Vision, version 1** waits for a decision."));
        }

        Assert.Equal(project, await rooms.ProjectAsync(project.Id));
        Assert.Equal(GateStatus.Pending, (await rooms.GateAsync(gate)).Status);
        Assert.Empty(await rooms.AuditAsync());
        rooms.Hub.Verify(hub => hub.RaiseEventAsync(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<object?>(), It.IsAny<CancellationToken>()), Times.Never);
    }

    [Fact]
    public async Task Continue_goes_on_after_a_pause_and_is_audited()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.Paused);
        await rooms.ReceiveAsync(DeliveryKind.Command, "/continue");
        Assert.Equal(ProjectStatus.Planning, (await rooms.ProjectAsync(project.Id)).Status);
        Assert.Equal(["project_resumed success"], await rooms.AuditAsync());
        rooms.Hub.Verify(hub => hub.RaiseEventAsync($"project:{project.Id}:1", "changed", null, It.IsAny<CancellationToken>()));
        await rooms.ReceiveAsync(DeliveryKind.Command, "/continue");
        Assert.Equal("**Bakery** is on its way: going on. There is nothing to continue.", (await rooms.SaidAsync())[^1]);
    }

    [Fact]
    public async Task A_project_that_is_over_and_not_chosen_is_not_talked_about_any_more()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.Completed);
        await rooms.ReceiveAsync(DeliveryKind.Command, "/continue");
        Assert.StartsWith("There is no project", (await rooms.SaidAsync())[^1], StringComparison.Ordinal);
        await rooms.DoAsync(connection => rooms.Get<ConversationStore>().ChooseAsync(connection, Rooms.Chat, project.Id, default));
        await rooms.ReceiveAsync(DeliveryKind.Command, "/continue");
        Assert.Equal("**Bakery** is completed. /new begins another project.", (await rooms.SaidAsync())[^1]);
    }
}
