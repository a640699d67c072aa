using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace DurableTask.PostgreSql.Hub;

// Claims as much as fits, works on it in parallel, and waits for a signal when there is nothing left. Never ends by an exception.
internal sealed class WorkLoop<T>(string what, int capacity, Signal signal, Action<bool> tellFull, TimeSpan poll, TimeProvider time, ILogger log)
{
    private readonly ConcurrentDictionary<Task, bool> running = new();
    private int busy;

    public async Task RunAsync(Func<int, CancellationToken, Task<IReadOnlyList<T>>> claim, Func<T, Task> work, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var free = capacity - Volatile.Read(ref busy);
                if (free > 0)
                {
                    // Not cancelled half way: what the store has given to us must be worked on, or it waits for its lease to run out.
                    foreach (var item in await claim(free, CancellationToken.None))
                    {
                        Begin(item, work);
                    }
                }
            }
            catch (Exception exception)
            {
                log.LogError(exception, "The {Loop} loop could not claim work; it tries again", what);
            }

            // Work that ends sets the signal too: its place is free, and more may have come for the same instance.
            tellFull(capacity == Volatile.Read(ref busy));
            await signal.WaitAsync(poll, time, stop);
        }

        await Task.WhenAll(running.Keys);
    }

    private void Begin(T item, Func<T, Task> work)
    {
        Interlocked.Increment(ref busy);
        var task = Task.Run(async () =>
        {
            try
            {
                await work(item);
            }
            catch (Exception exception)
            {
                log.LogError(exception, "A piece of work of the {Loop} loop failed; its lease runs out and it is taken again", what);
            }
            finally
            {
                Interlocked.Decrement(ref busy);
                signal.Set();
            }
        });
        running.TryAdd(task, true);
        _ = task.ContinueWith(done => running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
