using DurableTask;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Workflow;

public sealed class ProjectRunTests
{
    [Fact]
    public async Task The_steps_come_in_their_order_and_nothing_behind_a_gate_begins_before_its_approval()
    {
        await using var scene = await RunScene.StartAsync();
        string[] expected = ["vision", "gate Vision, version 1"];
        await scene.PressAsync("Vision, version 1", "Approve", expected);
        expected = [.. expected, "prime", "plan", "gate Plan, version 1"];
        await scene.PressAsync("Plan, version 1", "Approve", expected);
        expected = [.. expected, "execute", "validate", "gate Report, version 1"];
        await scene.PressAsync("Report, version 1", "Approve", expected);
        Assert.Equal(ProjectStatus.Completed, await scene.EndAsync());
        Assert.Equal(expected, scene.Steps);
        Assert.Equal("COMPLETED", await scene.StatusAsync());

        var commands = scene.Commands.ToArray();
        Assert.Equal([null, DocumentKind.Vision, DocumentKind.Plan, DocumentKind.Plan], commands.Select(command => command.Brief?.Kind));
        Assert.All(commands.Skip(1), command => Assert.Equal((1, "octocat/demo-app"), (command.Brief!.Version, command.Repository)));
        Assert.Equal(["workflow_ended success"], (await scene.Rooms.AuditAsync()).Where(entry => entry.StartsWith("workflow_ended", StringComparison.Ordinal)));
        Assert.Equal("**Bakery** is completed: approved, built and validated.\n\nPull request: https://github.com/octocat/demo-app/pull/1", (await scene.Rooms.SaidAsync())[^1]);
    }

    [Fact]
    public async Task A_change_carries_its_reason_into_the_next_version_and_approval_is_for_that_version()
    {
        await using var scene = await RunScene.StartAsync();
        await scene.ChangeAsync("Vision, version 1", "more bread");
        await scene.PressAsync("Vision, version 2", "Approve");
        await scene.ChangeAsync("Plan, version 1", "smaller steps");
        await scene.PressAsync("Plan, version 2", "Approve");
        await scene.ChangeAsync("Report, version 1", "the tests are missing");
        await scene.PressAsync("Report, version 2", "Approve");
        Assert.Equal(ProjectStatus.Completed, await scene.EndAsync());
        Assert.Equal(
            [
                "vision", "gate Vision, version 1", "vision: more bread", "gate Vision, version 2", "prime", "plan", "gate Plan, version 1", "plan", "gate Plan, version 2",
                "execute", "validate", "gate Report, version 1", "execute", "validate", "gate Report, version 2",
            ],
            scene.Steps);
        Assert.Equal(
            ["Prime 0 ", "Plan 2 ", "Plan 2 smaller steps", "Execute 2 ", "Validate 2 ", "Execute 2 the tests are missing", "Validate 2 "],
            scene.Commands.Select(command => $"{command.Command} {command.Brief?.Version ?? 0} {command.Reason}"));
    }

    [Fact]
    public async Task A_vision_that_is_changed_too_often_goes_back_to_talking()
    {
        await using var scene = await RunScene.StartAsync();
        for (var version = 1; version <= 4; version++)
        {
            await scene.ChangeAsync($"Vision, version {version}", $"change {version}");
        }

        Assert.Equal(ProjectStatus.Brainstorming, await scene.EndAsync());
        Assert.Equal("BRAINSTORMING", await scene.StatusAsync());
        Assert.Equal(4, scene.Steps.Count(step => step.StartsWith("vision", StringComparison.Ordinal)));
        Assert.Empty(scene.Commands);
        Assert.Contains("Let us talk it over first", (await scene.Rooms.SaidAsync())[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_that_is_changed_too_often_pauses_until_somebody_says_continue()
    {
        await using var scene = await RunScene.StartAsync();
        await scene.PressAsync("Vision, version 1", "Approve");
        for (var version = 1; version <= 4; version++)
        {
            await scene.ChangeAsync($"Plan, version {version}", $"change {version}");
        }

        await scene.UntilAsync("status = 'PAUSED' from projects");
        Assert.Contains("Plan was changed 3 times", (await scene.Rooms.SaidAsync())[^1], StringComparison.Ordinal);
        Assert.Equal(4, scene.Commands.Count(command => command.Command == ScarCommand.Plan));
        await scene.CommandAsync("/continue");
        await scene.PressAsync("Plan, version 5", "Approve");
        Assert.Equal("change 4", scene.Commands.Last(command => command.Command == ScarCommand.Plan).Reason);
        await scene.PressAsync("Report, version 1", "Approve");
        Assert.Equal(ProjectStatus.Completed, await scene.EndAsync());
    }

    [Fact]
    public async Task An_expired_gate_pauses_and_after_continue_a_new_gate_asks_about_the_same_version()
    {
        await using var scene = await RunScene.StartAsync();
        await scene.AtAsync("gate Vision, version 1");
        await scene.PassAsync(TimeSpan.FromHours(48), "reminded_at is not null from gates");
        await scene.PassAsync(TimeSpan.FromHours(24), "status = 'EXPIRED' from gates");
        await scene.UntilAsync("status = 'PAUSED' from projects");
        Assert.Contains("Say /continue and I ask again.", (await scene.Rooms.SaidAsync())[^1], StringComparison.Ordinal);
        await scene.CommandAsync("/continue");
        await scene.UntilAsync("count(*) = 1 from gates where status = 'PENDING'");
        await scene.PressAsync("Vision, version 1", "Approve");
        await scene.AtAsync("gate Plan, version 1");
        Assert.Equal(["EXPIRED 1", "APPROVED 1"], await scene.Rooms.ListAsync<string>("select status || ' ' || document_version from gates where kind = 'VISION' order by created_at, status desc"));
        Assert.Equal(1, scene.Steps.Count(step => step == "vision"));
    }

    [Fact]
    public async Task The_run_waits_for_a_repository_and_goes_on_when_it_is_named()
    {
        await using var scene = await RunScene.StartAsync(repository: null);
        await scene.PressAsync("Vision, version 1", "Approve");
        await scene.UntilAsync("activity = 'waiting for a repository: /repo owner/name' from projects");
        await scene.CommandAsync("/continue");
        Assert.Empty(scene.Commands);
        await scene.Rooms.ExecuteAsync("update projects set repository = 'acme/app', signal = signal + 1");
        await scene.NudgeAsync();
        await scene.AtAsync("gate Plan, version 1");
        Assert.All(scene.Commands, command => Assert.Equal("acme/app", command.Repository));
        Assert.Single(await scene.Rooms.SaidAsync(), said => said.StartsWith("Where shall I build it?", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failure_of_the_model_that_is_for_good_asks_and_retry_writes_again()
    {
        var fails = true;
        await using var scene = await RunScene.StartAsync(before: scene => scene.Writer = _ => fails ? throw new PermanentFailureException("The model refused.") : Task.CompletedTask);
        await scene.AtAsync("gate Writing the vision failed");
        Assert.Equal(["Retry", "Stop"], await scene.LabelsAsync());
        Assert.Contains("The model refused.", (await scene.Rooms.SaidAsync())[^1], StringComparison.Ordinal);
        fails = false;
        await scene.PressAsync("Writing the vision failed", "Retry");
        await scene.AtAsync("gate Vision, version 1");
    }

    [Fact]
    public async Task Signals_are_seen_so_that_the_sweep_has_nothing_left_to_nudge()
    {
        await using var scene = await RunScene.StartAsync();
        await scene.AtAsync("gate Vision, version 1");
        await scene.Rooms.ExecuteAsync("update projects set signal = signal + 3");
        await scene.NudgeAsync();
        await scene.UntilAsync("signal_seen = signal from projects");
        scene.Rooms.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(await scene.Rooms.DoAsync(connection => scene.Rooms.Get<ProjectProgress>().UnseenAsync(connection, default)));
    }
}
