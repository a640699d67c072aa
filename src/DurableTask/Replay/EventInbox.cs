using DurableTask.Wire;

namespace DurableTask.Replay;

// External events of one instance: those that nobody waits for yet are kept in the order they came. Of those who wait, the one who asked last is served, as in Durable Functions
// (https://github.com/microsoft/durabletask-dotnet/pull/509): a wait that lost a race in a loop is often not cancelled, and would swallow what the next one waits for.
internal sealed class EventInbox(OrchestratorThread thread)
{
    private readonly Dictionary<string, Queue<(long Place, HistoryEvent Event)>> early = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, LinkedList<Waiter>> waiting = new(StringComparer.OrdinalIgnoreCase);
    private long places;
    private int waiters;

    public bool SomeoneWaits => waiters > 0;

    public IEnumerable<HistoryEvent> Unprocessed => early.Values.SelectMany(queue => queue).OrderBy(one => one.Place).Select(one => one.Event);

    public void Add(HistoryEvent raised)
    {
        var name = raised.EventRaised.Name;
        if (waiting.TryGetValue(name, out var line) && line.Last is { } last)
        {
            Leave(last);
            last.Value.Cancellation.Unregister();
            last.Value.Task.SetResult(raised.EventRaised.Input);
            return;
        }

        if (!early.TryGetValue(name, out var queue))
        {
            early[name] = queue = [];
        }

        queue.Enqueue((places++, raised));
    }

    public Task<string?> Next(string name, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return Task.FromCanceled<string?>(cancellation);
        }

        if (early.TryGetValue(name, out var queue) && queue.TryDequeue(out var found))
        {
            return Task.FromResult<string?>(found.Event.EventRaised.Input);
        }

        if (!waiting.TryGetValue(name, out var line))
        {
            waiting[name] = line = [];
        }

        var waiter = line.AddLast(new Waiter());
        waiters++;
        waiter.Value.Cancellation = cancellation.Register(() =>
        {
            if (thread.IsOwn() && waiter.List is not null)
            {
                Leave(waiter);
                waiter.Value.Task.SetCanceled(cancellation);
            }
        });
        return waiter.Value.Task.Task;
    }

    private void Leave(LinkedListNode<Waiter> waiter)
    {
        waiter.List!.Remove(waiter);
        waiters--;
    }

    private sealed class Waiter
    {
        public TaskCompletionSource<string?> Task { get; } = new();

        public CancellationTokenRegistration Cancellation { get; set; }
    }
}
