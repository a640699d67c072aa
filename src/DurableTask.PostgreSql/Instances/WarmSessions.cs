using DurableTask.Replay;

namespace DurableTask.PostgreSql.Instances;

// Sessions of instances that wait, the least recently used thrown away first. A session is taken out while it is in use, so nobody shares one,
// and fits only if it stands exactly where the store does: another worker may have made steps meanwhile.
internal sealed class WarmSessions(int capacity)
{
    private readonly Dictionary<string, LinkedListNode<Entry>> entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> byUse = new();
    private readonly Lock gate = new();

    public int Count
    {
        get
        {
            lock (gate)
            {
                return entries.Count;
            }
        }
    }

    public OrchestrationSession? Take(string instanceId, string executionId, int steps)
    {
        lock (gate)
        {
            if (!entries.Remove(instanceId, out var node))
            {
                return null;
            }

            byUse.Remove(node);
            return node.Value.ExecutionId == executionId && node.Value.Steps == steps ? node.Value.Session : null;
        }
    }

    public void Keep(string instanceId, string executionId, int steps, OrchestrationSession session)
    {
        if (capacity == 0)
        {
            return;
        }

        lock (gate)
        {
            if (entries.Remove(instanceId, out var old))
            {
                byUse.Remove(old);
            }

            entries[instanceId] = byUse.AddLast(new Entry(instanceId, executionId, steps, session));
            if (entries.Count > capacity)
            {
                entries.Remove(byUse.First!.Value.InstanceId);
                byUse.RemoveFirst();
            }
        }
    }

    private sealed record Entry(string InstanceId, string ExecutionId, int Steps, OrchestrationSession Session);
}
