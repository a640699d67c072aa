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
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        List<TimeSpan> samples = [];
        var (warmUp, window) = (stage.Time(3), stage.Time(10));
        for (var (began, number) = (Stopwatch.GetTimestamp(), 0); Stopwatch.GetElapsedTime(began) < warmUp + window; number++)
        {
            var took = await person.ApproveOneAsync($"single-{number}", Thinking, late.Token);
            if (Stopwatch.GetElapsedTime(began) > warmUp)
            {
                samples.Add(took);
            }
        }

        var ours = new Latencies(samples);
        var better = stage.Peers.MinBy(peer => peer.Median);
        stage.Report.Add(new Figure(
            $"event → completion, one at a time ({ours.Count} times)",
            $"median {Text.Milliseconds(ours.Median)}, p99 {Text.Milliseconds(ours.P99)}",
            "median 2 ms, p99 6 ms",
            stage.Judge(ours.Median.TotalMilliseconds <= 2 && ours.P99.TotalMilliseconds <= 6),
            better is null ? "" : $"{Text.Times(better.Median / ours.Median)} quicker",
            stage.Peers.ToDictionary(peer => peer.Name, peer => $"median {Text.Milliseconds(peer.Median)}, p99 {Text.Milliseconds(peer.P99)}")));
    }
}
