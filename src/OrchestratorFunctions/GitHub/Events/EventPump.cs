using System.Collections.Concurrent;
using System.Threading.Channels;
using OrchestratorFunctions.GitHub.Webhook;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.GitHub.Events;

/// <summary>"Something was delivered for this queue", said after a commit. May be lost; the sweep finds it.</summary>
internal sealed class EventNudge(ILogger<EventNudge> logger, IWakeupQueue? elsewhere = null)
{
    private readonly Channel<string> queues = Channel.CreateUnbounded<string>();

    public ChannelReader<string> Queues => queues.Reader;

    /// <summary>Tells the loop of this process or, where none may run, whoever takes nudges from the queue. Never throws.</summary>
    public async Task ForAsync(string queue)
    {
        if (elsewhere is null)
        {
            queues.Writer.TryWrite(queue);
            return;
        }

        try
        {
            await elsewhere.PutAsync(new QueuedWakeup(Hear: queue), CancellationToken.None);
        }
        catch (Exception fault)
        {
            logger.LogWarning("The nudge for what GitHub delivered for {Queue} was lost, the sweep repeats it: {Reason}", queue, fault.Message);
        }
    }
}

/// <summary>Handles what was delivered: each queue in order, different queues at the same time.</summary>
internal sealed class EventPump(EventNudge nudge, EventQueue queues, ILogger<EventPump> logger) : BackgroundService
{
    private const int Handlers = 4;
    private readonly ConcurrentDictionary<string, byte> waiting = new();

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Parallel.ForEachAsync(Distinct(stoppingToken), new ParallelOptions { MaxDegreeOfParallelism = Handlers, CancellationToken = stoppingToken }, HandleAsync)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.OnlyOnCanceled, TaskScheduler.Default);

    // A queue that waits already need not wait twice; it is taken off the list before its rows are read.
    private async IAsyncEnumerable<string> Distinct([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var queue in nudge.Queues.ReadAllAsync(cancellationToken))
        {
            if (waiting.TryAdd(queue, 0))
            {
                yield return queue;
            }
        }
    }

    private async ValueTask HandleAsync(string queue, CancellationToken cancellationToken)
    {
        waiting.TryRemove(queue, out _);
        try
        {
            await queues.HandleDueAsync(queue, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception fault)
        {
            logger.LogWarning("Handling what GitHub delivered for {Queue} failed, the sweep tries again: {Reason}", queue, fault.Message);
        }
    }
}

/// <summary>Finds deliveries that are due and nudges their queues; forgets old ones now and then.</summary>
internal sealed class EventSweep(DeliveryStore store, EventNudge nudge, TimeProvider time) : ISweep
{
    private static readonly TimeSpan ForgetInterval = TimeSpan.FromHours(1);
    private DateTimeOffset forgetAt = time.GetUtcNow();

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var queue in await store.DueQueuesAsync(cancellationToken))
        {
            await nudge.ForAsync(queue);
        }

        if (time.GetUtcNow() >= forgetAt)
        {
            await store.ForgetOldAsync(cancellationToken);
            forgetAt = time.GetUtcNow() + ForgetInterval;
        }
    }
}
