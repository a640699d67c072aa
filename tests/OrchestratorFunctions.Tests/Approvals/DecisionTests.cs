using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Approvals;

public sealed class DecisionTests
{
    [Fact]
    public async Task An_approval_is_stored_audited_and_put_in_place_of_the_buttons()
    {
        await using var rooms = await Rooms.CreateAsync();
        var (project, gate) = await OpenAsync(rooms);
        var result = await rooms.DecideAsync(gate, GateStatus.Approved);

        Assert.Equal((true, "Vision, version 1: approved."), (result.Done, result.Toast));
        Assert.Equal($"gate:{gate}", Assert.Single(result.Wakeups).InstanceId);
        var decided = await rooms.GateAsync(gate);
        Assert.Equal((GateStatus.Approved, Rooms.Ada, Rooms.Chat), (decided.Status, decided.DecidedBy, decided.DecidedVia));
        Assert.Equal(["approval_granted success"], await rooms.AuditAsync());
        var details = await rooms.ReadAsync<string>("select details::text from audit_entries where project_id is not null");
        Assert.Contains(decided.DocumentSha256!, details, StringComparison.Ordinal);
        Assert.Equal(project.Id, await rooms.ReadAsync<Guid>("select project_id from audit_entries where project_id is not null"));
        Assert.Equal($"gate:{gate}:announce", await rooms.ReadAsync<string>("select edits_key from outbox where domain_key = @key", new { key = $"gate:{gate}:announce:decided" }));
        Assert.Equal("**Bakery: Vision, version 1** — approved by Ada on 2026-03-01 10:00 UTC.", (await rooms.SaidAsync())[^1]);
    }

    [Fact]
    public async Task Every_message_that_shows_the_gate_gets_its_edit()
    {
        await using var rooms = await Rooms.CreateAsync();
        var (project, gate) = await OpenAsync(rooms);
        await rooms.SayAsync(GateMessages.Again(project, await rooms.GateAsync(gate), "telegram:77", "elsewhere"));
        await rooms.DecideAsync(gate, GateStatus.Rejected, reason: "less text\nmore bread");
        Assert.Equal(
            [$"{Rooms.Chat} gate:{gate}:announce", "telegram:77 elsewhere"],
            await rooms.ListAsync<string>("select address || ' ' || edits_key from outbox where edits_key is not null order by id"));
        Assert.EndsWith("sent back for changes by Ada on 2026-03-01 10:00 UTC.\n\n> less text\n> more bread", (await rooms.SaidAsync())[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rejection_needs_a_reason()
    {
        await using var rooms = await Rooms.CreateAsync();
        var (_, gate) = await OpenAsync(rooms);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => rooms.DecideAsync(gate, GateStatus.Rejected));
        Assert.Equal(GateStatus.Pending, (await rooms.GateAsync(gate)).Status);
        Assert.True((await rooms.DecideAsync(gate, GateStatus.Rejected, reason: "too long")).Done);
        Assert.Equal(["approval_rejected success"], await rooms.AuditAsync());
    }

    [Fact]
    public async Task Who_is_no_approver_hears_who_is_and_that_is_audited()
    {
        await using var rooms = await Rooms.CreateAsync();
        var (project, gate) = await OpenAsync(rooms);
        var result = await rooms.DecideAsync(gate, GateStatus.Approved, Rooms.Bob);
        Assert.Equal((false, "Only Ada can decide this."), (result.Done, result.Toast));
        Assert.Empty(result.Wakeups);
        Assert.Equal(GateStatus.Pending, (await rooms.GateAsync(gate)).Status);
        Assert.Equal(["approval_denied denied"], await rooms.AuditAsync());
        Assert.Equal(Rooms.Bob, await rooms.ReadAsync<string>("select p.person from audit_entries e join audit_people p on e.actor = 'person:' || p.id"));

        await rooms.ApproverAsync(project.Id, Rooms.Bob);
        Assert.True((await rooms.DecideAsync(gate, GateStatus.Approved, Rooms.Bob)).Done);
    }

    [Fact]
    public async Task An_approver_whom_the_operator_has_not_let_in_decides_nothing()
    {
        await using var rooms = await Rooms.CreateAsync();
        var (_, gate) = await OpenAsync(rooms);
        Assert.False((await rooms.DecideAsync(gate, GateStatus.Approved, mayAct: false)).Done);
        Assert.Equal(GateStatus.Pending, (await rooms.GateAsync(gate)).Status);
        Assert.Equal(["approval_denied denied"], await rooms.AuditAsync());
    }

    [Fact]
    public async Task A_gate_that_does_not_exist_is_no_button_of_ours()
    {
        await using var rooms = await Rooms.CreateAsync();
        Assert.Equal((false, "I do not know this button."), ((await rooms.DecideAsync(Guid.NewGuid(), GateStatus.Approved)).Done, (await rooms.DecideAsync(Guid.NewGuid(), GateStatus.Approved)).Toast));
        Assert.Empty(await rooms.AuditAsync());
    }

    [Theory]
    [InlineData("COMPLETED")]
    [InlineData("CANCELLED")]
    [InlineData("STOPPING")]
    [InlineData("BRAINSTORMING")]
    public async Task Nothing_is_decided_in_a_project_that_is_not_under_way(string status)
    {
        await using var rooms = await Rooms.CreateAsync();
        var (_, gate) = await OpenAsync(rooms);
        await rooms.ExecuteAsync("update projects set status = @status", new { status });
        var result = await rooms.DecideAsync(gate, GateStatus.Approved);
        Assert.Equal((false, "This cannot be decided now: the project has moved on. /status says where it is."), (result.Done, result.Toast));
        Assert.Equal(GateStatus.Pending, (await rooms.GateAsync(gate)).Status);
    }

    [Fact]
    public async Task The_second_hears_who_decided_what_and_when()
    {
        await using var rooms = await Rooms.CreateAsync();
        var (project, gate) = await OpenAsync(rooms);
        await rooms.ApproverAsync(project.Id, Rooms.Bob);
        await rooms.DecideAsync(gate, GateStatus.Rejected, reason: "too long");
        rooms.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("Already sent back for changes by Ada at 2026-03-01 10:00 UTC.", (await rooms.DecideAsync(gate, GateStatus.Approved, Rooms.Bob)).Toast);
        Assert.Equal(["approval_rejected success"], await rooms.AuditAsync());
    }

    [Fact]
    public async Task A_button_of_an_older_version_names_the_newer()
    {
        await using var rooms = await Rooms.CreateAsync();
        var (project, gate) = await OpenAsync(rooms);
        await rooms.DecideAsync(gate, GateStatus.Rejected, reason: "too long");
        var next = await rooms.VisionGateAsync(project.Id);
        Assert.Equal("Outdated: see version 2 further down.", (await rooms.DecideAsync(gate, GateStatus.Approved)).Toast);
        Assert.True((await rooms.DecideAsync(next, GateStatus.Approved)).Done);
    }

    [Fact]
    public async Task An_older_version_is_not_approved_once_a_newer_one_is_stored()
    {
        await using var rooms = await Rooms.CreateAsync();
        var (project, gate) = await OpenAsync(rooms);
        await rooms.DocumentAsync(project.Id);
        Assert.False((await rooms.DecideAsync(gate, GateStatus.Approved)).Done);
        Assert.Equal(GateStatus.Pending, (await rooms.GateAsync(gate)).Status);
        await rooms.DocumentAsync(project.Id, DocumentKind.Plan);
        Assert.Equal(0L, await rooms.ReadAsync<long>("select count(*) from gates where status = 'APPROVED'"));
    }

    [Theory]
    [InlineData(true, "Skipped", "error_skipped")]
    [InlineData(true, "Retried", "error_retried")]
    [InlineData(false, "Retried", "error_retried")]
    public async Task A_failed_command_is_tried_again_or_skipped(bool maySkip, string decision, string action)
    {
        await using var rooms = await Rooms.CreateAsync();
        var gate = await rooms.ErrorGateAsync((await rooms.ProjectAsync(ProjectStatus.InProgress)).Id, maySkip);
        Assert.True((await rooms.DecideAsync(gate, Enum.Parse<GateStatus>(decision))).Done);
        Assert.Equal([$"{action} success"], await rooms.AuditAsync());
    }

    [Fact]
    public async Task What_may_not_be_skipped_is_not()
    {
        await using var rooms = await Rooms.CreateAsync();
        var gate = await rooms.ErrorGateAsync((await rooms.ProjectAsync(ProjectStatus.Planning)).Id, maySkip: false);
        Assert.False((await rooms.DecideAsync(gate, GateStatus.Skipped)).Done);
        Assert.Equal(["Retry", "Stop"], await rooms.ListAsync<string>("select b ->> 'label' from outbox, jsonb_array_elements(buttons) b"));
    }

    [Fact]
    public async Task Stop_at_an_error_stops_the_project()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.InProgress);
        var gate = await rooms.ErrorGateAsync(project.Id);
        var result = await rooms.DecideAsync(gate, GateStatus.Stopped);
        Assert.Equal([$"gate:{gate}", $"project:{project.Id}:1"], result.Wakeups.Select(wakeup => wakeup.InstanceId));
        Assert.Equal(ProjectStatus.Stopping, (await rooms.ProjectAsync(project.Id)).Status);
        Assert.Equal(["project_stopped success"], await rooms.AuditAsync());
    }

    private static async Task<(Project Project, Guid Gate)> OpenAsync(Rooms rooms)
    {
        var project = await rooms.ProjectAsync(ProjectStatus.VisionReview);
        return (project, await rooms.VisionGateAsync(project.Id));
    }
}
