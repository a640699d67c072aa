using Xunit.Abstractions;

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>Kills at statements, and what must be true afterwards.</summary>
internal static class KillPoint
{
    /// <summary>The same statement, killed before it is sent and after its answer has come; both at the same time, each on a stage of its own.</summary>
    public static Task BeforeAndAfterAsync(Scene scene, string statement, int nth, ITestOutputHelper output) => Task.WhenAll(
        KillAsync(scene, [$"before:{statement}:{nth}"], output), KillAsync(scene, [$"after:{statement}:{nth}"], output));

    /// <summary>One way with a kill before and after each of these statements, in the order in which they come: each start of the app ends at the next one.</summary>
    /// <param name="way">What happens meanwhile; null: what the scene is about, on Telegram.</param>
    public static Task OneAfterAnotherAsync(Scene scene, string statements, ITestOutputHelper output, Func<KillStage, Task>? way = null) =>
        KillAsync(scene, [.. statements.Split(", ").SelectMany(statement => new[] { $"before:{statement}:1", $"after:{statement}:1" })], output, way);

    private static async Task KillAsync(Scene scene, string[] points, ITestOutputHelper output, Func<KillStage, Task>? walk = null)
    {
        var at = points[0];
        try
        {
            await using var stage = await KillStage.SetAsync(scene);
            await stage.StartAsync(at);
            stage.Arm();
            var way = walk?.Invoke(stage) ?? WalkAsync(stage, scene);
            foreach (var next in points.Skip(1))
            {
                await stage.CrashAsync();
                await stage.RestartAsync(at = next);
            }

            await stage.CrashAsync();
            await stage.RestartAsync();
            await way;
            output.WriteLine($"{points.Length} kills, the last one {at}: plan gate {stage.Recovery.TotalSeconds:0.0} s after the restart, {stage.Skipped.TotalSeconds:0.0} s of it leases that were skipped");
            await CheckAsync(stage, points, output);
        }
        catch (Exception fault)
        {
            throw new InvalidOperationException($"{at}: {fault.Message}", fault);
        }
    }

    private static async Task CheckAsync(KillStage stage, string[] points, ITestOutputHelper output)
    {
        await Invariants.NothingIsLeftAsync(stage);
        await Invariants.DecisionsAreSingleAsync(stage, approvals: 1);
        await Invariants.WordsAreKeptOnceAsync(stage);
        Assert.Equal(["prime", "plan-feature-github"], stage.StandIns.Scar.Runs.Select(run => run.Command));
        var twice = await Invariants.EverythingIsSaidOnceAsync(stage);
        if (points.Any(point => point.StartsWith("before:outbox.record_part", StringComparison.Ordinal)))
        {
            // Sent and not recorded: the one place where a message is there twice.
            Assert.InRange(twice, 1, points.Length);
        }
        else if (twice > 0)
        {
            output.WriteLine($"{twice} message was on its way to Telegram at that moment and is there twice");
        }
    }

    private static async Task WalkAsync(KillStage stage, Scene scene)
    {
        if (scene == Scene.Offer)
        {
            await stage.SayAsync("They pay in the shop");
            await stage.PressAsync("Generate vision");
            await stage.WaitForGateAsync("Vision, version 1");
        }

        var pressed = await stage.PressAsync("Approve");
        Assert.Contains("Vision, version 1: approved", pressed.Body, StringComparison.Ordinal);
        await stage.WaitForGateAsync("Plan, version 1");
    }
}
