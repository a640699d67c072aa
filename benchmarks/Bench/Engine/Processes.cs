using Bench.Measuring;

namespace Bench.Engine;

// The same load from one process and from two, each client and worker. The decision comes at once, since the activity that asks may run in the other process. Longer warm-up than elsewhere: two processes compile everything twice, on the same processors.
internal static class Processes
{
    private const int InFlight = 256;

    public static async Task RunAsync(Stage stage)
    {
        var one = await BestAsync(stage, 1);
        var two = await BestAsync(stage, 2);
        var ratio = two.Sum(share => share.PerSecond) / one.Sum(share => share.PerSecond);
        var least = two.Min(share => share.PerSecond) / two.Sum(share => share.PerSecond);
        var work = two.Min(share => share.Published) / (double)Math.Max(1, two.Sum(share => share.Published));
        stage.Report.Add(new Figure(
            $"two processes over one, {InFlight} in flight", $"{Text.PerSecond(two.Sum(share => share.PerSecond))} over {Text.PerSecond(one.Sum(share => share.PerSecond))}; the lesser finished {Text.Percent(least)} and ran {Text.Percent(work)} of the activities",
            "no slower, none starves", stage.Judge(ratio >= 1 && least >= 0.25), Text.Times(ratio)));
    }

    private static async Task<HubProcess.Share[]> BestAsync(Stage stage, int processes)
    {
        List<HubProcess.Share[]> runs = [];
        for (var run = 0; run < stage.Runs; run++)
        {
            await using var database = await stage.DatabaseAsync();
            runs.Add(await HubProcess.RunAsync(database.ConnectionString, processes, stage.InFlight(InFlight), stage.Time(25), stage.Time(8)));
        }

        return runs.MaxBy(shares => shares.Sum(share => share.PerSecond))!;
    }
}
