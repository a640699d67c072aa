using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Workflow;

/// <summary>What a run does when a command of the coding agent does not simply succeed.</summary>
public sealed class FailedCommandTests
{
    [Theory]
    [InlineData("Prime", "Failed", "Reading the repository failed")]
    [InlineData("Prime", "Unknown", "Reading the repository: outcome unknown")]
    [InlineData("Prime", "Unproven", "Reading the repository: success not confirmed")]
    [InlineData("Execute", "Failed", "Building failed")]
    [InlineData("Execute", "Unknown", "Building: outcome unknown")]
    [InlineData("Execute", "Unproven", "Building: success not confirmed")]
    [InlineData("Validate", "Failed", "Checking failed")]
    [InlineData("Validate", "Unknown", "Checking: outcome unknown")]
    public async Task What_cannot_be_relied_on_is_asked_about_and_retry_does_it_again_and_skip_goes_on(string command, string outcome, string title)
    {
        foreach (var answer in new[] { "Retry", "Skip" })
        {
            var tries = 0;
            var named = Enum.Parse<ScarCommand>(command);
            await using var scene = await RunScene.StartAsync(before: scene =>
                scene.Agent = request => request.Command == named && Interlocked.Increment(ref tries) == 1 ? Enum.Parse<ScarOutcome>(outcome) : ScarOutcome.Succeeded);
            await scene.PressAsync("Vision, version 1", "Approve");
            if (named != ScarCommand.Prime)
            {
                await scene.PressAsync("Plan, version 1", "Approve");
            }

            await scene.AtAsync($"gate {title}");
            Assert.Equal(["Retry", "Skip", "Stop"], await scene.LabelsAsync());
            Assert.Equal(1, tries);
            await scene.PressAsync(title, answer);
            await scene.AtAsync(named == ScarCommand.Prime ? "gate Plan, version 1" : "gate Report, version 1");
            Assert.Equal(answer == "Retry" ? 2 : 1, tries);
        }
    }

    [Theory]
    [InlineData("Failed", "Planning failed")]
    [InlineData("Unknown", "Planning: outcome unknown")]
    public async Task A_plan_that_was_not_made_cannot_be_skipped(string outcome, string title)
    {
        var tries = 0;
        await using var scene = await RunScene.StartAsync(before: scene =>
            scene.Agent = request => request.Command == ScarCommand.Plan && Interlocked.Increment(ref tries) == 1 ? Enum.Parse<ScarOutcome>(outcome) : ScarOutcome.Succeeded);
        await scene.PressAsync("Vision, version 1", "Approve");
        await scene.AtAsync($"gate {title}");
        Assert.Equal(["Retry", "Stop"], await scene.LabelsAsync());
        var gate = await scene.Rooms.ReadAsync<Guid>("select id from gates where status = 'PENDING'");
        Assert.False((await scene.Rooms.DecideAsync(gate, OrchestratorFunctions.Approvals.GateStatus.Skipped)).Done);
        await scene.PressAsync(title, "Retry");
        await scene.AtAsync("gate Plan, version 1");
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task What_a_gate_judges_next_is_not_asked_about_twice_and_the_gate_says_that_it_is_not_proven()
    {
        await using var scene = await RunScene.StartAsync(before: scene =>
            scene.Agent = request => request.Command is ScarCommand.Plan or ScarCommand.Validate ? ScarOutcome.Unproven : ScarOutcome.Succeeded);
        await scene.PressAsync("Vision, version 1", "Approve");
        foreach (var gate in new[] { "Plan, version 1", "Report, version 1" })
        {
            await scene.AtAsync($"gate {gate}");
            Assert.Contains("The coding agent ended without saying that it succeeded, so please look twice.", (await scene.Rooms.SaidAsync())[^1], StringComparison.Ordinal);
            await scene.PressAsync(gate, "Approve");
        }

        Assert.Equal(ProjectStatus.Completed, await scene.EndAsync());
        Assert.DoesNotContain(scene.Steps, step => step.Contains("not confirmed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_check_that_was_skipped_is_said_in_the_report()
    {
        await using var scene = await RunScene.StartAsync(before: scene => scene.Agent = request => request.Command == ScarCommand.Validate ? ScarOutcome.Failed : ScarOutcome.Succeeded);
        await scene.PressAsync("Vision, version 1", "Approve");
        await scene.PressAsync("Plan, version 1", "Approve");
        await scene.PressAsync("Checking failed", "Skip");
        await scene.AtAsync("gate Report, version 1");
        Assert.StartsWith("The check was skipped. The last try ended: the reason.", await scene.Rooms.ReadAsync<string>("select markdown from documents where kind = 'REPORT'"), StringComparison.Ordinal);
        Assert.False(await scene.Rooms.ReadAsync<bool>("select confirmed from documents where kind = 'REPORT'"));
    }

    [Theory]
    [InlineData("Failed")]
    [InlineData("Unproven")]
    public async Task Stop_at_the_question_cancels(string outcome)
    {
        await using var scene = await RunScene.StartAsync(before: scene => scene.Agent = _ => Enum.Parse<ScarOutcome>(outcome));
        await scene.PressAsync("Vision, version 1", "Approve");
        await scene.PressAsync(outcome == "Failed" ? "Reading the repository failed" : "Reading the repository: success not confirmed", "Stop");
        Assert.Equal(ProjectStatus.Cancelled, await scene.EndAsync());
        Assert.Single(scene.Commands);
        Assert.Equal("CANCELLED", await scene.StatusAsync());
    }
}
