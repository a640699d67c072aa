using System.Diagnostics;

namespace Bench.Engine;

// So many approvals at a time, for a while: each person starts the next when one is finished.
internal static class Load
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static int run;

    // Workflows finished per second of the window after the warm-up.
    public static async Task<double> RunAsync(Person person, int inFlight, TimeSpan warmUp, TimeSpan window)
    {
        var name = $"load-{Environment.ProcessId}-{Interlocked.Increment(ref run)}";
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
}
