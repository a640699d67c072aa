using TestKit.Scar;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>The scenarios of the coding agent.</summary>
public sealed class CodingAgentScenarios
{
    [Fact]
    public async Task Scenario_31_slow_start()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var silence = new TaskCompletionSource();
        app.StandIns.Scar.OnCommand("prime", async run =>
        {
            // The predecessor took four seconds of silence for the end.
            await Task.Delay(TimeSpan.FromSeconds(6), run.CancellationToken);
            run.Say("I looked at the first half.");
            await silence.Task;
            run.Say($"I looked at all of it.\nRESULT {NonceOf(run)} SUCCESS");
        });
        await StartAsync(app);
        await app.UntilAsync("select count(*) from scar_feed where text like '%first half%'", 1L);
        await app.Ada.SayAsync("/status");
        await app.Ada.WaitForAsync("reads the repository");
        Assert.Equal("RUNNING", await app.ReadAsync<string>("select status from scar_executions"));
        silence.SetResult();
        await app.WaitForGateAsync("Plan, version 1");
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from scar_executions where command = 'PRIME'"));
        Assert.Equal(1L, await app.ReadAsync<long>("select count(*) from scar_feed f join scar_executions e on e.id = f.execution_id where e.command = 'PRIME' and f.text like '%all of it%'"));
    }

    [Fact]
    public async Task Scenario_32_refusal_texts_open_an_error_gate_with_the_reason_and_retry_works()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var tries = 0;
        app.StandIns.Scar.OnCommand("prime", run =>
        {
            if (Interlocked.Increment(ref tries) == 1)
            {
                run.Fail(ScarFailure.NoCredit);
            }

            run.Say($"Fine.\nRESULT {NonceOf(run)} SUCCESS");
            return Task.CompletedTask;
        });
        await StartAsync(app);
        var gate = await app.WaitForGateAsync("Reading the repository failed");
        Assert.Contains("Credit balance is too low", gate.Text, StringComparison.Ordinal);
        Assert.Equal(["Retry", "Skip", "Stop"], gate.Buttons.Select(button => button.Label));
        Assert.Equal("ERROR_RESOLUTION", await app.ReadAsync<string>("select kind from gates where status = 'PENDING'"));
        await app.Ada.PressAsync(gate, "Retry");
        await app.WaitForGateAsync("Plan, version 1");
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task Scenario_32_a_command_that_the_agent_does_not_know_is_a_failure_with_that_reason()
    {
        await using var app = await OrchestratorApp.StartAsync();
        app.StandIns.Scar.AddRepository(new ScarRepository("demo-app", $"https://github.com/{Journey.Repository}"));
        await StartAsync(app);
        var gate = await app.WaitForGateAsync("Reading the repository failed");
        Assert.Contains("prime", gate.Text, StringComparison.Ordinal);
        Assert.Empty(app.StandIns.Scar.Runs);
        await app.Ada.PressAsync(gate, "Stop");
        await app.Ada.WaitForAsync("is cancelled");
        Assert.Equal("CANCELLED", await app.ReadAsync<string>("select status from projects"));
    }

    [Fact]
    public async Task Scenario_33_a_restart_midway_is_unknown_and_asked_about()
    {
        await using var app = await OrchestratorApp.StartAsync();
        app.StandIns.Scar.HoldRuns();
        await StartAsync(app);
        await app.UntilAsync("select count(*) from scar_executions where status = 'RUNNING'", 1L);
        app.StandIns.Scar.Restart();
        var gate = await app.WaitForGateAsync("outcome unknown");
        app.StandIns.Scar.ReleaseRuns();
        Assert.Contains("look at the repository before you", gate.Text, StringComparison.Ordinal);
        Assert.Single(app.StandIns.Scar.Runs);
    }

    [Fact]
    public async Task Scenario_35_wrong_repository_guard()
    {
        await using var app = await OrchestratorApp.StartAsync();
        foreach (var name in new[] { "app", "app-two", "zeta" })
        {
            app.StandIns.Scar.AddRepository(ScarRepository.Prepared("octocat", name));
        }

        app.StandIns.Scar.AddRepository(ScarRepository.Prepared("octocat", "3d-app"));
        app.StandIns.GitHub.AddRepository("octocat/3d-app");
        await app.ToVisionGateAsync();
        await app.Ada.SayAsync("/repo octocat/3d-app");
        await app.Ada.WaitForAsync("works in");
        await app.Ada.PressAsync("Approve");
        await app.WaitForGateAsync("Plan, version 1");
        Assert.All(app.StandIns.Scar.Runs, run => Assert.Equal("3d-app", run.Repository.Name));
    }

    [Fact]
    public async Task Scenario_35_a_repository_that_the_agent_does_not_have_is_said_and_nothing_is_sent()
    {
        await using var app = await OrchestratorApp.StartAsync();
        app.StandIns.GitHub.AddRepository("octocat/demo");
        await app.ToVisionGateAsync();
        // A prefix of what is there: the agent itself would take the nearest name.
        await app.Ada.SayAsync("/repo octocat/demo");
        await app.Ada.WaitForAsync("works in");
        await app.Ada.PressAsync("Approve");
        var gate = await app.WaitForGateAsync("Reading the repository failed");
        Assert.Contains("demo", gate.Text, StringComparison.Ordinal);
        Assert.Empty(app.StandIns.Scar.Runs);
    }

    [Fact]
    public async Task Ended_without_a_result_line_is_not_success_and_the_gate_says_so()
    {
        await using var app = await OrchestratorApp.StartAsync();
        app.StandIns.Scar.OnCommand("plan-feature-github", run =>
        {
            run.Say("# The plan\n\n1. Do it.");
            return Task.CompletedTask;
        });
        await app.ToPlanGateAsync();
        var gate = await app.WaitForGateAsync("Plan, version 1");
        Assert.Contains("without saying that it succeeded", gate.Text, StringComparison.Ordinal);
        Assert.False(await app.ReadAsync<bool>("select confirmed from documents where kind = 'PLAN'"));
    }

    private static async Task StartAsync(OrchestratorApp app)
    {
        await app.ToVisionGateAsync();
        await app.Ada.SayAsync($"/repo {Journey.Repository}");
        await app.Ada.WaitForAsync("works in");
        await app.Ada.PressAsync("Approve");
    }

    private static string NonceOf(ScarRun run) => run.Words[Array.IndexOf([.. run.Words], "RESULT") + 1];
}
