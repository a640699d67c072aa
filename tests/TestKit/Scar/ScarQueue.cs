namespace TestKit.Scar;

/// <summary>One message at a time per conversation, in order; at most ten conversations at once; the rest waits.</summary>
internal sealed class ScarQueue(int capacity)
{
    private readonly Lock gate = new();
    private readonly HashSet<string> active = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Queue<Func<Task>>> waiting = new(StringComparer.Ordinal);
    private bool dropped;

    public void Add(string conversation, Func<Task> work)
    {
        lock (gate)
        {
            if (active.Contains(conversation) || active.Count >= capacity)
            {
                if (!waiting.TryGetValue(conversation, out var queue))
                {
                    waiting[conversation] = queue = new Queue<Func<Task>>();
                }

                queue.Enqueue(work);
                return;
            }

            Start(conversation, work);
        }
    }

    /// <summary>The process has gone: what waits is lost, what runs is on its own.</summary>
    public void Drop()
    {
        lock (gate)
        {
            dropped = true;
            waiting.Clear();
        }
    }

    public object Report()
    {
        lock (gate)
        {
            // An emptied queue stays listed with 0, as in SCAR.
            return new
            {
                status = "ok",
                active = active.Count,
                queuedTotal = waiting.Values.Sum(queue => queue.Count),
                queuedByConversation = waiting.Select(item => new { conversationId = item.Key, queuedMessages = item.Value.Count }).ToArray(),
                maxConcurrent = capacity,
                activeConversationIds = active.ToArray(),
            };
        }
    }

    private void Start(string conversation, Func<Task> work)
    {
        active.Add(conversation);
        _ = Task.Run(async () =>
        {
            try
            {
                await work();
            }
            finally
            {
                Next(conversation);
            }
        });
    }

    private void Next(string finished)
    {
        lock (gate)
        {
            active.Remove(finished);
            if (dropped)
            {
                return;
            }

            if (waiting.TryGetValue(finished, out var own) && own.TryDequeue(out var next))
            {
                Start(finished, next);
                return;
            }

            foreach (var (conversation, queue) in waiting)
            {
                if (active.Count < capacity && !active.Contains(conversation) && queue.TryDequeue(out var work))
                {
                    Start(conversation, work);
                }
            }
        }
    }
}
