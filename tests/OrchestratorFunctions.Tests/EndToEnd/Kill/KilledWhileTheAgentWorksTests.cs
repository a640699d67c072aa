using Xunit.Abstractions;

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>Scenario 14 at the coding agent: it knows no idempotency key, and still each command is begun once.</summary>
[Collection("Kills two")]
public sealed class KilledWhileTheAgentWorksTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("scar.add, scar.claim")]
    [InlineData("scar.running, scar.append_feed, scar.end")]
    public Task Killed_at_one_statement_after_another_the_command_is_begun_once(string statements) => KillPoint.OneAfterAnotherAsync(Scene.VisionGate, statements, output);

    [Theory, Trait("Suite", "faults")]
    [InlineData("scar.add", 1)]
    // Claimed and not sent: the agent shows no trace of it, so it is sent then.
    [InlineData("scar.claim", 1)]
    // Sent: the agent shows it, so it is not sent again.
    [InlineData("scar.running", 1)]
    [InlineData("scar.append_feed", 1)]
    [InlineData("scar.end", 1)]
    public Task Killed_at_a_statement_the_command_is_begun_once(string statement, int nth) => KillPoint.BeforeAndAfterAsync(Scene.VisionGate, statement, nth, output);

    [Fact]
    public async Task Killed_when_the_agent_has_just_begun_the_command_is_not_sent_again()
    {
        await using var stage = await KillStage.SetAsync(Scene.VisionGate);
        stage.StandIns.Scar.HoldRuns();
        await stage.StartAsync();
        await stage.PressAsync("Approve");
        await stage.StandIns.Scar.Changes.UntilAsync(() => stage.StandIns.Scar.Runs.Count > 0, "the agent's first run", TimeSpan.FromSeconds(30));
        await stage.App.KillAsync();
        await stage.RestartAsync();
        await stage.UntilAsync("select count(*) from scar_executions where status = 'RUNNING'", 1);
        stage.StandIns.Scar.ReleaseRuns();
        await stage.WaitForGateAsync("Plan, version 1");

        Assert.Single(stage.StandIns.Scar.Runs, run => run.Command == "prime");
        await Invariants.NothingIsLeftAsync(stage);
        await Invariants.EverythingIsSaidOnceAsync(stage);
    }

    [Fact]
    public async Task Killed_while_sending_with_an_agent_that_has_forgotten_too_a_person_is_asked()
    {
        await using var stage = await KillStage.SetAsync(Scene.VisionGate);
        stage.StandIns.Scar.HoldRuns();
        await stage.StartAsync("before:scar.running:1");
        stage.Arm();
        await stage.PressAsync("Approve");
        await stage.CrashAsync();
        stage.StandIns.Scar.Restart();
        await stage.RestartAsync();
        await stage.WaitForGateAsync("outcome unknown");

        Assert.Single(stage.StandIns.Scar.Runs);
        Assert.Equal("UNKNOWN", await stage.ReadAsync<string>("select outcome from scar_executions"));
        stage.StandIns.Scar.ReleaseRuns();
    }
}
