using System.Collections.Concurrent;
using System.Diagnostics;
using Bench.Measuring;

namespace Bench.Webhooks;

// A hook that delivers to one process, over connections that it opens for each run: a server closes those that are idle. Closed loop: each connection sends when the last answer has come. Open loop: at a rate, whether answers come or not.
internal sealed class Hook(Uri address, int connections, Func<CommentDelivery> delivery, Func<long> next)
{
    private long accepted;

    public long Accepted => accepted;

    // How many were accepted after the warm-up, and in what time: each connection brings to an end what it has begun.
    public async Task<(long Count, TimeSpan Time)> FloodAsync(TimeSpan warmUp, TimeSpan time)
    {
        var (began, counted) = (Stopwatch.GetTimestamp(), 0L);
        await EachAsync(async sender =>
        {
            TimeSpan elapsed;
            do
            {
                await DeliverAsync(sender);
                elapsed = Stopwatch.GetElapsedTime(began);
                if (elapsed >= warmUp)
                {
                    Interlocked.Increment(ref counted);
                }
            }
            while (elapsed < warmUp + time);
        });
        return (counted, Stopwatch.GetElapsedTime(began) - warmUp);
    }

    // From the moment that each was due to its answer: what waits for a connection waits in the figure.
    public async Task<Latencies> PaceAsync(double perSecond, TimeSpan time)
    {
        var took = new ConcurrentQueue<TimeSpan>();
        var (began, count, begun) = (Stopwatch.GetTimestamp(), (long)Math.Ceiling(perSecond * time.TotalSeconds), -1L);
        await EachAsync(async sender =>
        {
            while (Interlocked.Increment(ref begun) is var n && n < count)
            {
                var due = TimeSpan.FromSeconds(n / perSecond);
                if (due - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } early)
                {
                    // Timers count in whole milliseconds; late counts, too early would be wrong.
                    await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(early.TotalMilliseconds)));
                }

                await DeliverAsync(sender);
                took.Enqueue(Stopwatch.GetElapsedTime(began) - due);
            }
        });
        return new Latencies(took);
    }

    private Task EachAsync(Func<Sender, Task> send) => Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
    {
        using var sender = new Sender(delivery());
        await sender.ConnectAsync(address);
        await send(sender);
    })));

    private async Task DeliverAsync(Sender sender)
    {
        await sender.DeliverAsync(next());
        Interlocked.Increment(ref accepted);
    }
}
