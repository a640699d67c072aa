using System.Diagnostics;
using Bench.Measuring;

namespace Bench.Engine;

internal static class Load
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static int run;

    // So many approvals at a time, for a while: each person starts the next when one is finished. Returns workflows finished per second of the window after the warm-up.
    public static async Task<double> RunAsync(Person person, int inFlight, TimeSpan warmUp, TimeSpan window)
    {
        var name = NextName();
        using var late = new CancellationTokenSource(warmUp + window + Patience);
        var began = Stopwatch.GetTimestamp();
        var finished = 0;
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(one => Task.Run(async () =>
        {
            for (var round = 0; Stopwatch.GetElapsedTime(began) < warmUp + window; round++)
            {
                await person.ApproveOneAsync($"{name}-{one}-{round}", TimeSpan.Zero, late.Token);
                var at = Stopwatch.GetElapsedTime(began);
                if (at >= warmUp && at < warmUp + window)
                {
                    Interlocked.Increment(ref finished);
                }
            }
        })));
        return finished / window.TotalSeconds;
    }

    // One after the other. Returns how long each took from the decision to the known end.
    public static async Task<Latencies> OneAtATimeAsync(Person person, TimeSpan thinking, TimeSpan warmUp, TimeSpan window)
    {
        var name = NextName();
        using var late = new CancellationTokenSource(warmUp + window + Patience);
        List<TimeSpan> samples = [];
        for (var (began, number) = (Stopwatch.GetTimestamp(), 0); Stopwatch.GetElapsedTime(began) < warmUp + window; number++)
        {
            var took = await person.ApproveOneAsync($"{name}-{number}", thinking, late.Token);
            if (Stopwatch.GetElapsedTime(began) > warmUp)
            {
                samples.Add(took);
            }
        }

        return new Latencies(samples);
    }

    private static string NextName() => $"load-{Environment.ProcessId}-{Interlocked.Increment(ref run)}";
}
