using Xunit.Abstractions;

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>Scenario 14 without chosen points: killed at random statements from the first words to the end.</summary>
[Collection("Kills one")]
public sealed class KilledAtAnyTimeTests(ITestOutputHelper output)
{
    private const int Kills = 10;
    private const int Seed = 14;

    // Statements are the clock: it runs as fast as the machine, so that the kills are spread over the way everywhere. The whole way has some 700.
    private const int Soonest = 30;
    private const int Latest = 130;

    [Fact]
    public async Task Killed_ten_times_on_the_way_it_is_completed_and_nothing_was_done_twice()
    {
        var random = new Random(Seed);
        await using var stage = await KillStage.SetAsync(Scene.Offer);
        stage.Arm();
        await stage.StartAsync(Next(random));
        var way = WalkAsync(stage);
        for (var kill = 1; kill <= Kills; kill++)
        {
            output.WriteLine($"{await stage.CrashAsync()}; the project: {await stage.ReadAsync<string>("select status || coalesce(', ' || activity, '') from projects")}");
            await stage.RestartAsync(kill < Kills ? Next(random) : null);
        }

        await way;
        await Invariants.NothingIsLeftAsync(stage);
        await Invariants.DecisionsAreSingleAsync(stage, approvals: 3);
        await Invariants.WordsAreKeptOnceAsync(stage);
        Assert.Equal("COMPLETED", await stage.ReadAsync<string>("select status from projects"));
        Assert.Equal(["prime", "plan-feature-github", "execute-github", "validate"], stage.StandIns.Scar.Runs.Select(run => run.Command));
        output.WriteLine($"{Kills} kills; {await Invariants.EverythingIsSaidOnceAsync(stage)} messages were on their way at a kill and are there twice");
    }

    [Fact]
    public async Task The_leases_of_the_dead_are_waited_out_within_a_minute()
    {
        await using var stage = await KillStage.SetAsync(Scene.VisionGate);
        await stage.StartAsync("before:durable.commit_steps:3");
        stage.Arm();
        await stage.PressAsync("Approve");
        await stage.CrashAsync();
        await stage.RestartAsync(skipLeases: false);
        await stage.WaitForGateAsync("Plan, version 1");
        output.WriteLine($"plan gate {stage.Recovery.TotalSeconds:0.0} s after the restart");
        Assert.Single(stage.StandIns.Scar.Runs, run => run.Command == "prime");
    }

    private static string Next(Random random) => $"{(random.Next(2) == 0 ? "before" : "after")}:*:{random.Next(Soonest, Latest)}";

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
