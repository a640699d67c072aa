using Bench.Measuring;

namespace Bench.Engine;

// The same load from one process and from two, each client and worker. The decision comes at once, since the activity that asks may run in the other process.
internal static class Processes
{
    private const int InFlight = 256;
    private const int Turns = 15;

    private sealed record Turn(IReadOnlyList<HubProcess.Share> One, IReadOnlyList<HubProcess.Share> Two)
    {
        public double Before => One.Sum(share => share.PerSecond);

        public double After => Two.Sum(share => share.PerSecond);

        public double Ratio => After / Before;

        public double LeastFinished => Two.Min(share => share.PerSecond) / After;

        public double LeastWork => Two.Min(share => share.Published) / (double)Math.Max(1, Two.Sum(share => share.Published));

        public override string ToString() => $"{Text.PerSecond(After)} over {Text.PerSecond(Before)}";
    }

    public static async Task RunAsync(Stage stage)
    {
        await using var hub = await stage.DatabaseAsync();
        await using var sharedHub = await stage.DatabaseAsync();
        await using var one = await HubProcesses.StartAsync(hub.ConnectionString, 1, stage.InFlight(InFlight));
        await using var two = await HubProcesses.StartAsync(sharedHub.ConnectionString, 2, stage.InFlight(InFlight));
        // Two compile everything twice, on the same processors.
        await one.WorkAsync(TimeSpan.Zero, stage.Time(20));
        await two.WorkAsync(TimeSpan.Zero, stage.Time(40));

        // The machine's speed may change within a minute, by more than one and two differ: only what was measured within a few seconds is compared, now the one first and now the other.
        List<Turn> turns = [];
        for (var turn = 0; turn < (stage.Runs == 1 ? 1 : Turns); turn++)
        {
            var first = turn % 2 == 0 ? await ShortlyAsync(one) : null;
            var both = await ShortlyAsync(two);
            turns.Add(new Turn(first ?? await ShortlyAsync(one), both));
        }

        var ordered = turns.OrderBy(turn => turn.Ratio).ToList();
        var middle = ordered[ordered.Count / 2];
        stage.Report.Note($"two processes over one, {turns.Count} turns: in the middle {middle}, {Text.Times(middle.Ratio)}; half of them between {Text.Times(ordered[ordered.Count / 4].Ratio)} and {Text.Times(ordered[ordered.Count * 3 / 4].Ratio)}");
        stage.Report.Add(new Figure(
            $"two processes over one, {InFlight} in flight", $"{middle}; the lesser finished {Text.Percent(middle.LeastFinished)} and ran {Text.Percent(middle.LeastWork)} of the activities",
            "no slower, none starves", stage.Judge(middle.Ratio >= 1 && turns.All(turn => turn.LeastFinished >= 0.25)), Text.Times(middle.Ratio)));

        Task<HubProcess.Share[]> ShortlyAsync(HubProcesses some) => some.WorkAsync(stage.Time(0.5), stage.Time(2));
    }
}
