using Bench.Measuring;

namespace Bench.Engine;

// The same load from one process and from two, each client and worker. The decision comes at once, since the activity that asks may run in the other process. Longer warm-up than elsewhere: two processes compile everything twice, on the same processors.
internal static class Processes
{
    private const int InFlight = 256;

    public static async Task RunAsync(Stage stage)
    {
        // In turns, so that both see the same machine; the better of each counts.
        HubProcess.Share[] one = [], two = [];
        for (var run = 0; run < stage.Runs; run++)
        {
            one = Better(one, await RunAsync(stage, 1));
            two = Better(two, await RunAsync(stage, 2));
        }

        var ratio = two.Sum(share => share.PerSecond) / one.Sum(share => share.PerSecond);
        var least = two.Min(share => share.PerSecond) / two.Sum(share => share.PerSecond);
        var work = two.Min(share => share.Published) / (double)Math.Max(1, two.Sum(share => share.Published));
        stage.Report.Add(new Figure(
            $"two processes over one, {InFlight} in flight", $"{Text.PerSecond(two.Sum(share => share.PerSecond))} over {Text.PerSecond(one.Sum(share => share.PerSecond))}; the lesser finished {Text.Percent(least)} and ran {Text.Percent(work)} of the activities",
            "no slower, none starves", stage.Judge(ratio >= 1 && least >= 0.25), Text.Times(ratio)));
    }

    private static async Task<HubProcess.Share[]> RunAsync(Stage stage, int processes)
    {
        await using var database = await stage.DatabaseAsync();
        return await HubProcess.RunAsync(database.ConnectionString, processes, stage.InFlight(InFlight), stage.Time(25), stage.Time(8));
    }

    private static HubProcess.Share[] Better(HubProcess.Share[] before, HubProcess.Share[] now) => now.Sum(share => share.PerSecond) >= before.Sum(share => share.PerSecond) ? now : before;
}
