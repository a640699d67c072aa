using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Workflow;

/// <summary><c>/stop</c> while the run waits for something.</summary>
public sealed class StopTests
{
    [Theory]
    [InlineData("Prime")]
    [InlineData("Plan")]
    [InlineData("Execute")]
    [InlineData("Validate")]
    public async Task A_command_that_runs_is_told_to_stop_and_nothing_follows(string command)
    {
        var named = Enum.Parse<ScarCommand>(command);
        await using var scene = await RunScene.StartAsync(before: scene => scene.Agent = request => request.Command == named ? null : ScarOutcome.Succeeded);
        await scene.PressAsync("Vision, version 1", "Approve");
        if (named is ScarCommand.Execute or ScarCommand.Validate)
        {
            await scene.PressAsync("Plan, version 1", "Approve");
        }

        var name = command.ToLowerInvariant();
        await scene.AtAsync(name);
        await StopAsync(scene);
        Assert.Equal($"stop {name}", scene.Steps.Last());
    }

    [Theory]
    [InlineData("Vision, version 1")]
    [InlineData("Plan, version 1")]
    [InlineData("Report, version 1")]
    public async Task An_open_gate_is_closed(string gate)
    {
        await using var scene = await RunScene.StartAsync();
        foreach (var earlier in new[] { "Vision, version 1", "Plan, version 1" }.TakeWhile(earlier => earlier != gate))
        {
            await scene.PressAsync(earlier, "Approve");
        }

        await scene.AtAsync($"gate {gate}");
        await StopAsync(scene);
        Assert.Equal($"gate {gate}", scene.Steps.Last());
        Assert.Equal(1L, await scene.Rooms.ReadAsync<long>("select count(*) from gates where status = 'CLOSED' and acknowledged_at is not null"));
        Assert.Equal(0L, await scene.Rooms.ReadAsync<long>("select count(*) from gates where status = 'PENDING'"));
    }

    [Fact]
    public async Task Waiting_for_a_repository_ends()
    {
        await using var scene = await RunScene.StartAsync(repository: null);
        await scene.PressAsync("Vision, version 1", "Approve");
        await scene.UntilAsync("activity like 'waiting for a repository%' from projects");
        await StopAsync(scene);
        Assert.Empty(scene.Commands);
    }

    [Fact]
    public async Task A_pause_ends()
    {
        await using var scene = await RunScene.StartAsync();
        await scene.AtAsync("gate Vision, version 1");
        await scene.PassAsync(TimeSpan.FromHours(48), "reminded_at is not null from gates");
        await scene.PassAsync(TimeSpan.FromHours(24), "status = 'EXPIRED' from gates");
        await scene.UntilAsync("status = 'PAUSED' from projects");
        await StopAsync(scene);
    }

    [Fact]
    public async Task A_question_about_a_failure_ends()
    {
        await using var scene = await RunScene.StartAsync(before: scene => scene.Agent = _ => ScarOutcome.Failed);
        await scene.PressAsync("Vision, version 1", "Approve");
        await scene.AtAsync("gate Reading the repository failed");
        await StopAsync(scene);
        Assert.Single(scene.Commands);
    }

    [Fact]
    public async Task A_vision_that_is_being_written_opens_no_gate_any_more()
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var scene = await RunScene.StartAsync(before: scene => scene.Writer = _ => written.Task);
        await scene.AtAsync("vision");
        await scene.CommandAsync("/stop");
        written.SetResult();
        Assert.Equal(ProjectStatus.Cancelled, await scene.EndAsync());
        Assert.Equal(0L, await scene.Rooms.ReadAsync<long>("select count(*) from gates"));
    }

    private static async Task StopAsync(RunScene scene)
    {
        var before = scene.Commands.Count;
        await scene.CommandAsync("/stop");
        Assert.Equal(ProjectStatus.Cancelled, await scene.EndAsync());
        Assert.Equal("CANCELLED", await scene.StatusAsync());
        Assert.Equal(before, scene.Commands.Count);
        Assert.Equal("**Bakery** is cancelled. Nothing further happens in it; /new begins another project.", (await scene.Rooms.SaidAsync())[^1]);
        Assert.True(await scene.Rooms.ReadAsync<bool>("select signal = signal_seen from projects"));
    }
}
