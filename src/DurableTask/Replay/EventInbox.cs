using DurableTask.Wire;

namespace DurableTask.Replay;

// External events of one instance: those that nobody waits for yet are kept in the order they came, those who wait are served in the order they asked.
internal sealed class EventInbox(OrchestratorThread thread)
{
    // The name of an event that only wakes: nobody waits for it, and it is not kept.
    public const string WakeEvent = "DurableTask.Wake";

    private readonly List<HistoryEvent> early = [];
    private readonly List<(string Name, TaskCompletionSource<string?> Task)> waiting = [];

    public bool SomeoneWaits => waiting.Count > 0;

    public IReadOnlyList<HistoryEvent> Unprocessed => early;

    public void Add(HistoryEvent raised)
    {
        if (Same(raised.EventRaised.Name, WakeEvent))
        {
            return;
        }

        var at = waiting.FindIndex(waiter => Same(waiter.Name, raised.EventRaised.Name));
        if (at < 0)
        {
            early.Add(raised);
            return;
        }

        var task = waiting[at].Task;
        waiting.RemoveAt(at);
        task.SetResult(raised.EventRaised.Input);
    }

    public Task<string?> Next(string name, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return Task.FromCanceled<string?>(cancellation);
        }

        var at = early.FindIndex(raised => Same(raised.EventRaised.Name, name));
        if (at >= 0)
        {
            var found = early[at].EventRaised.Input;
            early.RemoveAt(at);
            return Task.FromResult<string?>(found);
        }

        var waiter = (Name: name, Task: new TaskCompletionSource<string?>());
        waiting.Add(waiter);
        cancellation.Register(() =>
        {
            if (thread.IsOwn() && waiting.Remove(waiter))
            {
                waiter.Task.SetCanceled(cancellation);
            }
        });
        return waiter.Task.Task;
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
