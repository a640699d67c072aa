using Microsoft.Extensions.DependencyInjection;
using Moq;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Approvals;

/// <summary>A gate from its opening to its end, as its activities make it.</summary>
public sealed class GateLifeTests
{
    [Fact]
    public async Task Opening_shows_the_document_and_then_the_question_and_opening_again_adds_nothing()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.VisionReview);
        var document = await rooms.DocumentAsync(project.Id);
        var request = new GateRequest(Guid.NewGuid(), project.Id, GateKind.Vision, new DocumentRef(project.Id, DocumentKind.Vision, 1, document.Sha256), document.Title);
        var view = await OpenAsync(rooms, request);
        Assert.Equal(GateStatus.Pending, view.Status);
        Assert.Equal(view, await OpenAsync(rooms, request));

        var said = await rooms.SaidAsync();
        Assert.Equal(2, said.Count);
        Assert.Equal(document.Markdown, said[0]);
        Assert.StartsWith("**Bakery: Vision, version 1**", said[1], StringComparison.Ordinal);
        Assert.Equal(["Approve", "Change"], await rooms.ListAsync<string>("select b ->> 'label' from outbox, jsonb_array_elements(buttons) b order by outbox.id"));
    }

    [Fact]
    public async Task A_document_that_nobody_has_confirmed_says_so_and_names_where_it_is()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.Planning);
        var document = await rooms.DoAsync(connection => rooms.Get<DocumentStore>().AddAsync(
            connection, new NewDocument(project.Id, DocumentKind.Plan, "k", "# Plan", "plan") { Branch = "b1", CommitId = "c0ffee", PullRequest = "https://github.com/a/b/pull/1", Confirmed = false }, default));
        await OpenAsync(rooms, new GateRequest(Guid.NewGuid(), project.Id, GateKind.Plan, new DocumentRef(project.Id, DocumentKind.Plan, 1, document.Sha256), document.Title));
        var said = await rooms.SaidAsync();
        Assert.Equal("# Plan\n\nPull request: https://github.com/a/b/pull/1\n\nBranch: `b1` at `c0ffee`", said[0]);
        Assert.Contains("without saying that it succeeded", said[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("STOPPING")]
    [InlineData("CANCELLED")]
    [InlineData("COMPLETED")]
    public async Task A_project_that_is_stopped_takes_no_gate(string status)
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatuses.Parse(status));
        Assert.Equal(GateStatus.Closed, (await OpenAsync(rooms, new GateRequest(Guid.NewGuid(), project.Id, GateKind.ErrorResolution, null, "Building failed", "why"))).Status);
        Assert.Empty(await rooms.SaidAsync());
        Assert.Equal(0L, await rooms.ReadAsync<long>("select count(*) from gates"));
    }

    [Fact]
    public async Task The_reminder_is_said_once_after_48_hours_with_the_buttons()
    {
        await using var rooms = await Rooms.CreateAsync();
        var gate = await rooms.VisionGateAsync((await rooms.ProjectAsync(ProjectStatus.VisionReview)).Id);
        rooms.Time.Advance(TimeSpan.FromHours(47.9));
        var early = await LookAsync(rooms, gate);
        Assert.Equal(2, (await rooms.SaidAsync()).Count);
        rooms.Time.Advance(early.NextLookAt - rooms.Time.GetUtcNow());
        var reminded = await LookAsync(rooms, gate);
        Assert.Equal(TimeSpan.FromHours(24), reminded.NextLookAt - early.NextLookAt);
        await Race.RunAsync(4, _ => LookAsync(rooms, gate));
        Assert.Equal("**Bakery: Vision, version 1** waits for a decision.", Assert.Single((await rooms.SaidAsync()).Skip(2)));
        Assert.Equal(2, await rooms.ReadAsync<int>("select jsonb_array_length(buttons) from outbox order by id desc limit 1"));
    }

    [Fact]
    public async Task Expiry_pauses_the_project_and_says_how_to_go_on()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.VisionReview);
        var gate = await rooms.VisionGateAsync(project.Id);
        rooms.Time.Advance(TimeSpan.FromHours(71.9));
        Assert.Equal(GateStatus.Pending, (await LookAsync(rooms, gate)).Status);
        rooms.Time.Advance(TimeSpan.FromHours(0.1));
        Assert.Equal(GateStatus.Expired, (await LookAsync(rooms, gate)).Status);
        Assert.Equal(GateStatus.Expired, (await LookAsync(rooms, gate)).Status);

        Assert.Equal(ProjectStatus.Paused, (await rooms.ProjectAsync(project.Id)).Status);
        Assert.EndsWith("Say /continue and I ask again.", (await rooms.SaidAsync())[^1], StringComparison.Ordinal);
        Assert.Equal(1L, await rooms.ReadAsync<long>("select count(*) from outbox where domain_key = @key", new { key = $"gate:{gate}:announce:decided" }));
        Assert.Equal(["approval_expired success"], await rooms.AuditAsync());
        Assert.Equal("Already expired at 2026-03-04 10:00 UTC.", (await rooms.DecideAsync(gate, GateStatus.Approved)).Toast);
    }

    [Fact]
    public async Task A_reason_that_is_owed_is_forgotten_when_the_gate_is_decided()
    {
        await using var rooms = await Rooms.CreateAsync();
        var gate = await rooms.VisionGateAsync((await rooms.ProjectAsync(ProjectStatus.VisionReview)).Id);
        var reasons = rooms.Get<OwedReasons>();
        await rooms.DoAsync(connection => reasons.OweAsync(connection, gate, Rooms.Ada, Rooms.Chat, default));
        await rooms.DoAsync(connection => reasons.OweAsync(connection, gate, Rooms.Ada, Rooms.Chat, default));
        Assert.Equal(gate, await rooms.DoAsync(connection => reasons.OwedAsync(connection, Rooms.Ada, Rooms.Chat, default)));
        Assert.Null(await rooms.DoAsync(connection => reasons.OwedAsync(connection, Rooms.Ada, "telegram:77", default)));
        Assert.Null(await rooms.DoAsync(connection => reasons.OwedAsync(connection, Rooms.Bob, Rooms.Chat, default)));
        await rooms.DecideAsync(gate, GateStatus.Approved);
        Assert.Null(await rooms.DoAsync(connection => reasons.OwedAsync(connection, Rooms.Ada, Rooms.Chat, default)));
    }

    [Fact]
    public async Task A_decision_that_the_orchestration_has_not_read_is_nudged_until_it_has()
    {
        await using var rooms = await Rooms.CreateAsync();
        var gate = await rooms.VisionGateAsync((await rooms.ProjectAsync(ProjectStatus.VisionReview)).Id);
        var sweep = new GateSweep(rooms.DataSource, rooms.Get<GateStore>(), rooms.Get<Wakeups>());
        await rooms.DecideAsync(gate, GateStatus.Approved);
        await sweep.SweepAsync(default);
        rooms.Hub.Verify(hub => hub.RaiseEventAsync(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<object?>(), It.IsAny<CancellationToken>()), Times.Never);
        rooms.Time.Advance(TimeSpan.FromSeconds(6));
        await sweep.SweepAsync(default);
        await rooms.RunAsync<AcknowledgeGate, Guid, bool>(gate);
        await rooms.RunAsync<AcknowledgeGate, Guid, bool>(gate);
        await sweep.SweepAsync(default);
        rooms.Hub.Verify(hub => hub.RaiseEventAsync($"gate:{gate}", "decided", null, It.IsAny<CancellationToken>()), Times.Once);
    }

    private static Task<GateView> OpenAsync(Rooms rooms, GateRequest request) => rooms.RunAsync<OpenGate, GateRequest, GateView>(request);

    private static Task<GateView> LookAsync(Rooms rooms, Guid gate) => rooms.RunAsync<LookAtGate, Guid, GateView>(gate);
}
