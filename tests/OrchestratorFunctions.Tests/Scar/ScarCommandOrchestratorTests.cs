using OrchestratorFunctions.Scar;
using TestKit.Scar;
using Xunit;

namespace OrchestratorFunctions.Tests.Scar;

public sealed class ScarCommandOrchestratorTests : IAsyncLifetime
{
    private ScarScene scene = null!;

    public async Task InitializeAsync() => scene = await ScarScene.StartAsync();

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Theory]
    [InlineData(ScarCommand.Prime, "prime")]
    [InlineData(ScarCommand.Plan, "plan-feature-github")]
    [InlineData(ScarCommand.Execute, "execute-github")]
    [InlineData(ScarCommand.Validate, "validate")]
    public async Task A_command_runs_from_selection_to_outcome(object command, string name)
    {
        var outcome = await Orchestration().RunAsync(new ScarCommandOrchestrator(), scene.Request((ScarCommand)command));
        Assert.Equal((ScarOutcome.Succeeded, null), (outcome.Outcome, outcome.Reason));
        Assert.Equal(name, Assert.Single(scene.Scar.Runs).Command);
        Assert.Empty(scene.Scar.Unexpected);
    }

    [Fact]
    public async Task An_agent_that_does_not_answer_is_a_failure_and_no_exception()
    {
        await scene.Scar.StopAsync();
        var outcome = await Orchestration().RunAsync(new ScarCommandOrchestrator(), scene.Request());
        Assert.Equal(ScarOutcome.Failed, outcome.Outcome);
        Assert.StartsWith("the coding agent does not answer", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_goes_away_after_it_was_sent_a_command_leaves_it_unknown()
    {
        scene.Scar.HoldRuns();
        var orchestration = Orchestration();
        var running = orchestration.RunAsync(new ScarCommandOrchestrator(), scene.Request());
        await scene.Scar.Changes.UntilAsync(() => scene.Scar.Runs.Count == 1 && orchestration.Timers.Count > 1, "polling");
        await scene.Scar.StopAsync();
        var outcome = await running;
        Assert.Equal(ScarOutcome.Unknown, outcome.Outcome);
        Assert.StartsWith("the coding agent does not answer", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_not_the_agents_is_a_failure_at_once()
    {
        scene.Scar.Trouble.Fail(100, 404, "<html>", contentType: "text/html");
        var outcome = await Orchestration().RunAsync(new ScarCommandOrchestrator(), scene.Request());
        Assert.Equal(ScarOutcome.Failed, outcome.Outcome);
        Assert.Contains("status 404", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_project_that_is_not_there_is_a_failure_and_no_exception()
    {
        var outcome = await Orchestration().RunAsync(new ScarCommandOrchestrator(), scene.Request() with { ProjectId = Guid.CreateVersion7() });
        Assert.Equal((ScarOutcome.Failed, "a step failed inside the orchestrator"), (outcome.Outcome, outcome.Reason));
    }

    [Fact]
    public async Task A_stop_ends_the_run_though_the_agent_goes_on()
    {
        scene.Scar.HoldRuns();
        var orchestration = Orchestration();
        var running = orchestration.RunAsync(new ScarCommandOrchestrator(), scene.Request());
        await scene.Scar.Changes.UntilAsync(() => scene.Scar.Runs.Count == 1, "the run");
        orchestration.Stop();
        var outcome = await running;
        Assert.Equal(ScarOutcome.Stopped, outcome.Outcome);
        Assert.Contains("cannot be stopped", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_ends_the_run_although_the_event_was_lost()
    {
        scene.Scar.HoldRuns();
        var running = Orchestration().RunAsync(new ScarCommandOrchestrator(), scene.Request());
        await scene.Scar.Changes.UntilAsync(() => scene.Scar.Runs.Count == 1, "the run");
        await using (var command = scene.Database.DataSource.CreateCommand("update projects set status = 'STOPPING'"))
        {
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
        }

        Assert.Equal(ScarOutcome.Stopped, (await running).Outcome);
        Assert.Single(scene.Scar.Runs);
    }

    [Fact]
    public async Task A_stop_before_the_selection_sends_nothing()
    {
        var orchestration = Orchestration();
        orchestration.Stop();
        var outcome = await orchestration.RunAsync(new ScarCommandOrchestrator(), scene.Request());
        Assert.Equal(ScarOutcome.Stopped, outcome.Outcome);
        Assert.Empty(scene.Scar.Calls);
    }

    [Fact]
    public async Task A_long_run_goes_on_in_new_generations_at_the_longest_pause()
    {
        scene.Scar.HoldRuns();
        var orchestration = Orchestration();
        var running = orchestration.RunAsync(new ScarCommandOrchestrator(), scene.Request());
        await scene.Scar.Changes.UntilAsync(() => orchestration.Generations == 3, "the third generation");
        var timers = Seconds(orchestration);
        scene.Scar.ReleaseRuns();
        Assert.Equal(ScarOutcome.Succeeded, (await running).Outcome);
        Assert.Equal([1, 2, 4, 8, 15, 15], timers.Take(6));
        Assert.All(timers.Skip(6), timer => Assert.Equal(15, timer));
        Assert.Equal(1, scene.Invocations);
    }

    [Fact]
    public async Task While_the_agent_says_something_it_is_looked_at_again_soon()
    {
        var said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Scar.OnCommand("prime", async run =>
        {
            await said.Task;
            run.Say("I begin.");
            await end.Task;
            run.Say("I am done.");
        });
        var orchestration = Orchestration();
        var running = orchestration.RunAsync(new ScarCommandOrchestrator(), scene.Request());
        await scene.Scar.Changes.UntilAsync(() => Seconds(orchestration).LastOrDefault() == 15, "the longest pause");
        said.SetResult();
        await scene.Scar.Changes.UntilAsync(() => AfterTheLongest(orchestration).Length >= 3, "the short pauses again");
        end.SetResult();
        Assert.Equal(ScarOutcome.Unproven, (await running).Outcome);
        Assert.Equal([1, 2, 4], AfterTheLongest(orchestration).Take(3));
    }

    private static int[] AfterTheLongest(InlineOrchestration orchestration) => [.. Seconds(orchestration).SkipWhile(timer => timer < 15).SkipWhile(timer => timer == 15)];

    private static int[] Seconds(InlineOrchestration orchestration) => [.. orchestration.Timers.Select(timer => (int)timer.TotalSeconds)];

    private InlineOrchestration Orchestration() => new(async (name, input) => name switch
    {
        nameof(PrepareScarCommand) => await scene.PrepareAsync((ScarCommandRequest)input!),
        nameof(SelectRepository) => await scene.SelectAsync((Guid)input!),
        nameof(SendScarCommand) => await scene.SendAsync((Guid)input!),
        nameof(PollScarCommand) => await scene.PollAsync((Guid)input!),
        nameof(EndScarCommand) => await scene.RunAsync<EndScarCommand, ScarEnd, ScarCommandOutcome>((ScarEnd)input!),
        _ => throw new NotSupportedException(name),
    });
}
