using Microsoft.Extensions.Configuration;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Tests.TestApp;
using OrchestratorFunctions.Workflow;

namespace OrchestratorFunctions.Tests.Workflow;

/// <summary>An activity runs at least once: whatever comes after the first time changes nothing.</summary>
public sealed class RepeatedActivityTests
{
    [Fact]
    public async Task A_phase_is_entered_and_not_after_a_stop()
    {
        await using var rooms = await CreateAsync();
        var start = await StartAsync(rooms, ProjectStatus.VisionReview);
        var phase = Phase.Of(start, ScarCommand.Prime);
        for (var time = 0; time < 2; time++)
        {
            Assert.True((await rooms.RunAsync<EnterPhase, Phase, ProjectView>(phase)).GoesOn);
            Assert.Equal("PLANNING: the coding agent reads the repository", await rooms.ReadAsync<string>("select status || ': ' || activity from projects"));
        }

        await rooms.DoAsync(connection => rooms.Get<ProjectProgress>().StopAsync(connection, start.ProjectId, default));
        Assert.False((await rooms.RunAsync<EnterPhase, Phase, ProjectView>(phase)).GoesOn);
        Assert.Equal("STOPPING", await rooms.ReadAsync<string>("select status from projects"));
        Assert.Empty(await rooms.AuditAsync());
    }

    [Fact]
    public async Task A_repository_is_asked_for_once_in_a_run()
    {
        await using var rooms = await CreateAsync();
        var start = await StartAsync(rooms, ProjectStatus.VisionReview);
        await Race.RunAsync(4, _ => rooms.RunAsync<AskForRepository, ProjectStart, ProjectView>(start));
        Assert.StartsWith("Where shall I build it?", Assert.Single(await rooms.SaidAsync()), StringComparison.Ordinal);
        await rooms.ExecuteAsync("update projects set repository = 'acme/app', activity = 'building'");
        Assert.Equal("acme/app", (await rooms.RunAsync<AskForRepository, ProjectStart, ProjectView>(start)).Repository);
        Assert.Equal("building", await rooms.ReadAsync<string>("select activity from projects"));
    }

    [Fact]
    public async Task A_pause_that_is_repeated_after_continue_does_not_pause_again_and_the_next_one_does()
    {
        await using var rooms = await CreateAsync();
        var start = await StartAsync(rooms, ProjectStatus.Planning);
        Assert.True((await PauseAsync(1)).IsPaused);
        Assert.True((await PauseAsync(1)).IsPaused);
        await rooms.DoAsync(connection => rooms.Get<ProjectProgress>().ResumeAsync(connection, start.ProjectId, default));
        Assert.False((await PauseAsync(1)).IsPaused);
        Assert.Single(await rooms.SaidAsync());
        Assert.True((await PauseAsync(2)).IsPaused);
        Assert.Equal(2, (await rooms.SaidAsync()).Count);
        Assert.Equal(["project_paused success", "project_paused success"], await rooms.AuditAsync());

        Task<ProjectView> PauseAsync(int number) => rooms.RunAsync<PauseRun, RunPause, ProjectView>(new RunPause(start, "Plan was changed 3 times", number));
    }

    [Theory]
    [InlineData("Completed")]
    [InlineData("Cancelled")]
    [InlineData("Brainstorming")]
    public async Task A_run_ends_once(string end)
    {
        await using var rooms = await CreateAsync();
        var status = Enum.Parse<ProjectStatus>(end);
        var start = await StartAsync(rooms, ProjectStatus.InProgress);
        Assert.All(await Race.RunAsync(4, _ => EndAsync(rooms, start, status)), seen => Assert.Equal(status, seen));
        Assert.Single(await rooms.SaidAsync());
        Assert.Equal(["workflow_ended success"], await rooms.AuditAsync());
    }

    [Fact]
    public async Task The_repeated_end_of_a_run_leaves_the_next_run_alone()
    {
        await using var rooms = await CreateAsync();
        var start = await StartAsync(rooms, ProjectStatus.VisionReview);
        await EndAsync(rooms, start, ProjectStatus.Brainstorming);
        Assert.True(await rooms.DoAsync(connection => rooms.Get<ProjectProgress>().RequestRunAsync(connection, start.ProjectId, default)));
        await EndAsync(rooms, start, ProjectStatus.Brainstorming);
        Assert.Equal("VISION_REVIEW 2", await rooms.ReadAsync<string>("select status || ' ' || run from projects"));
        await EndAsync(rooms, start with { Run = 2 }, ProjectStatus.Brainstorming);
        Assert.Equal(2, (await rooms.SaidAsync()).Count);
    }

    [Theory]
    [InlineData("Completed")]
    [InlineData("Brainstorming")]
    public async Task A_run_that_was_stopped_ends_cancelled_whatever_it_meant_to_end_as(string end)
    {
        await using var rooms = await CreateAsync();
        Assert.Equal(ProjectStatus.Cancelled, await EndAsync(rooms, await StartAsync(rooms, ProjectStatus.Stopping), Enum.Parse<ProjectStatus>(end)));
    }

    [Fact]
    public async Task What_the_agent_wrote_is_kept_once_for_each_execution()
    {
        await using var rooms = await CreateAsync();
        var start = await StartAsync(rooms, ProjectStatus.Planning);
        var plan = new DocumentToKeep(start, DocumentKind.Plan, new ScarCommandOutcome(Guid.NewGuid(), ScarOutcome.Succeeded, null, "feature/x", "0123456", null));
        var kept = await Race.RunAsync(6, _ => rooms.RunAsync<KeepDocument, DocumentToKeep, DocumentRef>(plan));
        Assert.All(kept, document => Assert.Equal(kept[0], document));
        Assert.Equal(1, kept[0].Version);
        Assert.Equal(["plan_written success"], await rooms.AuditAsync());
        Assert.Equal("feature/x 0123456 true", await rooms.ReadAsync<string>("select branch || ' ' || commit_id || ' ' || confirmed from documents"));
        var next = plan with { Outcome = plan.Outcome with { ExecutionId = Guid.NewGuid() } };
        Assert.Equal(2, (await rooms.RunAsync<KeepDocument, DocumentToKeep, DocumentRef>(next)).Version);
    }

    private static Task<Rooms> CreateAsync() => Rooms.CreateAsync(services => services.AddScar(new ConfigurationBuilder().Build()));

    private static async Task<ProjectStart> StartAsync(Rooms rooms, ProjectStatus status) => new((await rooms.ProjectAsync(status)).Id, 1);

    private static Task<ProjectStatus> EndAsync(Rooms rooms, ProjectStart start, ProjectStatus status) => rooms.RunAsync<EndRun, RunEnd, ProjectStatus>(new RunEnd(start, status));
}
