using Bench.Measuring;

namespace Bench.Engine;

// The same load from one process and from two, each client and worker. The decision comes at once, since the activity that asks may run in the other process. Longer warm-up than elsewhere: two processes compile everything twice, on the same processors.
internal static class Processes
{
    private const int InFlight = 256;

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
        // The machine's speed may change within a minute: only what was measured side by side is compared, now the one first and now the other, and the turn in the middle counts.
        List<Turn> turns = [];
        for (var turn = 0; turn < (2 * stage.Runs) - 1; turn++)
        {
            var two = turn % 2 == 0 ? null : await RunAsync(stage, 2);
            var one = await RunAsync(stage, 1);
            turns.Add(new Turn(one, two ?? await RunAsync(stage, 2)));
        }

        var middle = turns.OrderBy(turn => turn.Ratio).ElementAt(turns.Count / 2);
        stage.Report.Note($"two processes over one, {turns.Count} turns: {string.Join("; ", turns.Select(turn => $"{turn}, {Text.Times(turn.Ratio)}"))}");
        stage.Report.Add(new Figure(
            $"two processes over one, {InFlight} in flight", $"{middle}; the lesser finished {Text.Percent(middle.LeastFinished)} and ran {Text.Percent(middle.LeastWork)} of the activities",
            "no slower, none starves", stage.Judge(middle.Ratio >= 1 && turns.All(turn => turn.LeastFinished >= 0.25)), Text.Times(middle.Ratio)));
    }

    private static async Task<HubProcess.Share[]> RunAsync(Stage stage, int processes)
    {
        await using var database = await stage.DatabaseAsync();
        return await HubProcess.RunAsync(database.ConnectionString, processes, stage.InFlight(InFlight), stage.Time(25), stage.Time(8));
    }
}
