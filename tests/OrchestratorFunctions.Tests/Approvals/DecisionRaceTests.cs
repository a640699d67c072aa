using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Conversations;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Approvals;

/// <summary>Each pair of press, expiry, stop and rework at the same moment: one wins, and the others follow it.</summary>
public sealed class DecisionRaceTests
{
    private const int Rounds = 10;

    [Fact]
    public async Task Of_twenty_presses_one_decides_and_the_others_hear_who_it_was()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < 3; round++)
        {
            var (project, gate) = await OpenAsync(rooms);
            await rooms.ApproverAsync(project.Id, Rooms.Bob);
            var results = await Race.RunAsync(20, index => rooms.DecideAsync(
                gate, index % 3 == 0 ? GateStatus.Rejected : GateStatus.Approved, index % 2 == 0 ? Rooms.Ada : Rooms.Bob, index % 3 == 0 ? "no" : null));
            var winner = Assert.Single(results, result => result.Done);
            Assert.Single(winner.Wakeups);
            var decided = await rooms.GateAsync(gate);
            var words = $"Already {decided.Status.InWords()} by {(decided.DecidedBy == Rooms.Ada ? "Ada" : "Bob")} at 2026-03-01 10:00 UTC.";
            Assert.All(results.Where(result => !result.Done), result => Assert.Equal(words, result.Toast));
            Assert.Equal(1L, await rooms.ReadAsync<long>("select count(*) from audit_entries where project_id = @Id", new { project.Id }));
            Assert.Equal(1L, await rooms.ReadAsync<long>("select count(*) from outbox where domain_key = @key", new { key = $"gate:{gate}:announce:decided" }));
        }
    }

    [Fact]
    public async Task Press_and_expiry()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var (project, gate) = await OpenAsync(rooms);
            rooms.Time.Advance(TimeSpan.FromHours(72));
            var results = await Race.RunAsync<object>(async () => await rooms.DecideAsync(gate, GateStatus.Approved), async () => await LookAsync(rooms, gate));
            var end = await rooms.GateAsync(gate);
            Assert.Equal(((DecisionResult)results[0]).Done ? GateStatus.Approved : GateStatus.Expired, end.Status);
            Assert.Equal(end.Status, ((GateView)results[1]).Status);
            Assert.Equal(end.Status == GateStatus.Expired ? ProjectStatus.Paused : ProjectStatus.VisionReview, (await rooms.ProjectAsync(project.Id)).Status);
        }
    }

    [Fact]
    public async Task Press_and_stop()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var (project, gate) = await OpenAsync(rooms);
            var results = await Race.RunAsync<object>(async () => await rooms.DecideAsync(gate, GateStatus.Approved), async () => await StopAsync(rooms, project));
            Assert.Equal(((DecisionResult)results[0]).Done ? GateStatus.Approved : GateStatus.Closed, (await rooms.GateAsync(gate)).Status);
            Assert.Equal(ProjectStatus.Stopping, (await rooms.ProjectAsync(project.Id)).Status);
        }
    }

    [Fact]
    public async Task The_stop_button_and_the_stop_command()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var project = await rooms.ProjectAsync(ProjectStatus.InProgress);
            var gate = await rooms.ErrorGateAsync(project.Id);
            var results = await Race.RunAsync<object>(async () => await rooms.DecideAsync(gate, GateStatus.Stopped), async () => await StopAsync(rooms, project));
            Assert.Equal(((DecisionResult)results[0]).Done ? GateStatus.Stopped : GateStatus.Closed, (await rooms.GateAsync(gate)).Status);
            Assert.Equal(ProjectStatus.Stopping, (await rooms.ProjectAsync(project.Id)).Status);
        }
    }

    [Fact]
    public async Task Expiry_and_stop()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var (project, gate) = await OpenAsync(rooms);
            rooms.Time.Advance(TimeSpan.FromHours(72));
            await Race.RunAsync<object>(async () => await LookAsync(rooms, gate), async () => await StopAsync(rooms, project));
            Assert.Contains((await rooms.GateAsync(gate)).Status, new[] { GateStatus.Expired, GateStatus.Closed });
            Assert.Equal(ProjectStatus.Stopping, (await rooms.ProjectAsync(project.Id)).Status);
        }
    }

    [Fact]
    public async Task Press_and_a_newer_version()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var (project, gate) = await OpenAsync(rooms);
            var results = await Race.RunAsync<object>(async () => await rooms.DecideAsync(gate, GateStatus.Approved), async () => await rooms.DocumentAsync(project.Id));
            Assert.Equal(((DecisionResult)results[0]).Done ? GateStatus.Approved : GateStatus.Pending, (await rooms.GateAsync(gate)).Status);
            Assert.False((await rooms.DecideAsync(gate, GateStatus.Rejected, reason: "late")).Done);
        }
    }

    [Fact]
    public async Task Two_looks_at_an_expired_gate_are_one_expiry()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var (project, gate) = await OpenAsync(rooms);
            rooms.Time.Advance(TimeSpan.FromHours(72));
            Assert.All(await Race.RunAsync(4, _ => LookAsync(rooms, gate)), view => Assert.Equal(GateStatus.Expired, view.Status));
            Assert.Equal(1L, await rooms.ReadAsync<long>("select count(*) from audit_entries where project_id = @Id", new { project.Id }));
        }
    }

    private static Task<GateView> LookAsync(Rooms rooms, Guid gate) => rooms.RunAsync<LookAtGate, Guid, GateView>(gate);

    private static Task<InstantAnswer> StopAsync(Rooms rooms, Project project) =>
        rooms.DoAsync(connection => rooms.Get<ProjectControl>().StopAsync(connection, project, ProjectSetup.Delivery(DeliveryKind.Command, "/stop"), default));

    private static async Task<(Project Project, Guid Gate)> OpenAsync(Rooms rooms)
    {
        var project = await rooms.ProjectAsync(ProjectStatus.VisionReview);
        return (project, await rooms.VisionGateAsync(project.Id));
    }
}
