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
        var counted = 0L;
        var began = await EachAsync(async (sender, began) =>
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

    // From the moment that each was due to its answer: what waits for a connection waits in the figure. Those due in the warm-up are counted by themselves.
    public async Task<(Latencies WarmingUp, Latencies Warm)> PaceAsync(double perSecond, TimeSpan warmUp, TimeSpan time)
    {
        var (early, warm) = (new ConcurrentQueue<TimeSpan>(), new ConcurrentQueue<TimeSpan>());
        var (count, begun) = ((long)Math.Ceiling(perSecond * (warmUp + time).TotalSeconds), -1L);
        await EachAsync(async (sender, began) =>
        {
            while (Interlocked.Increment(ref begun) is var n && n < count)
            {
                var due = TimeSpan.FromSeconds(n / perSecond);
                if (due - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } wait)
                {
                    // Timers count in whole milliseconds; late counts, too early would be wrong.
                    await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)));
                }

                await DeliverAsync(sender);
                (due < warmUp ? early : warm).Enqueue(Stopwatch.GetElapsedTime(began) - due);
            }
        });
        return (new Latencies(early), new Latencies(warm));
    }

    // The clock starts, and is returned, when all are connected and have their delivery: to make it takes longer than to deliver it.
    private async Task<long> EachAsync(Func<Sender, long, Task> send)
    {
        Sender[] senders = [.. Enumerable.Range(0, connections).Select(_ => new Sender(delivery()))];
        try
        {
            await Task.WhenAll(senders.Select(sender => sender.ConnectAsync(address).AsTask()));
            var began = Stopwatch.GetTimestamp();
            await Task.WhenAll(senders.Select(sender => Task.Run(() => send(sender, began))));
            return began;
        }
        finally
        {
            Array.ForEach(senders, sender => sender.Dispose());
        }
    }

    private async Task DeliverAsync(Sender sender)
    {
        await sender.DeliverAsync(next());
        Interlocked.Increment(ref accepted);
    }
}
