using Xunit.Abstractions;

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>Scenario 14 without chosen points: killed at random times from the first words to the end.</summary>
public sealed class KilledAtAnyTimeTests(ITestOutputHelper output)
{
    private const int Kills = 10;
    private const int Seed = 14;

    [Fact]
    public async Task Killed_ten_times_on_the_way_it_is_completed_and_nothing_was_done_twice()
    {
        var random = new Random(Seed);
        await using var stage = await KillStage.SetAsync(Scene.Offer);
        await stage.StartAsync();
        var way = WalkAsync(stage);
        for (var kill = 0; kill < Kills; kill++)
        {
            var alive = TimeSpan.FromMilliseconds(random.Next(50, 1500));
            Assert.False(await Task.WhenAny(way, Task.Delay(alive)) == way, $"the way ended before kill {kill + 1}");
            await stage.App.KillAsync();
            output.WriteLine($"killed {alive.TotalMilliseconds:0} ms after it was ready, the project being {await stage.ReadAsync<string>("select string_agg(status || coalesce(': ' || activity, ''), ', ') from projects")}");
            await stage.RestartAsync();
        }

        await way;
        await Invariants.NothingIsLeftAsync(stage);
        await Invariants.DecisionsAreSingleAsync(stage, approvals: 3);
        await Invariants.WordsAreKeptOnceAsync(stage);
        Assert.Equal("COMPLETED", await stage.ReadAsync<string>("select status from projects"));
        Assert.Equal(["prime", "plan-feature-github", "execute-github", "validate"], stage.StandIns.Scar.Runs.Select(run => run.Command));
        output.WriteLine($"{await Invariants.EverythingIsSaidOnceAsync(stage)} messages were on their way at a kill and are there twice");
    }

    [Fact]
    public async Task The_leases_of_the_dead_are_waited_out_within_a_minute()
    {
        await using var stage = await KillStage.SetAsync(Scene.VisionGate);
        await stage.StartAsync("before:durable.complete_activity:1");
        stage.Arm();
        await stage.PressAsync("Approve");
        await stage.CrashAsync();
        await stage.RestartAsync(skipLeases: false);
        await stage.WaitForGateAsync("Plan, version 1");
        output.WriteLine($"plan gate {stage.Recovery.TotalSeconds:0.0} s after the restart");
        Assert.Single(stage.StandIns.Scar.Runs, run => run.Command == "prime");
    }

    private static async Task WalkAsync(KillStage stage)
    {
        await stage.SayAsync("They pay in the shop");
        await stage.PressAsync("Generate vision");
        foreach (var title in new[] { "Vision, version 1", "Plan, version 1", "Report, version 1" })
        {
            await stage.WaitForGateAsync(title);
            await stage.PressAsync("Approve");
        }

        await stage.WaitForAsync(chat => chat.Messages.Any(message => message.Text.Contains("is completed", StringComparison.Ordinal)), "the end");
    }
}
