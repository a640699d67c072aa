namespace DurableTask.Replay;

// The orchestrator's own synchronization context. Whatever an orchestrator awaits continues here, inside Run and on its thread, or not at all:
// a continuation that arrives from anywhere else means that the code awaited something that is not durable.
internal sealed class OrchestratorThread : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> posted = new();
    private volatile int running;
    private volatile bool left;

    public bool WasLeft => left;

    private bool IsCurrent => running == Environment.CurrentManagedThreadId && Current == this;

    public void Run(Action action)
    {
        var before = Current;
        SetSynchronizationContext(this);
        running = Environment.CurrentManagedThreadId;
        try
        {
            action();
            while (posted.TryDequeue(out var next))
            {
                next.Callback(next.State);
            }
        }
        finally
        {
            running = 0;
            SetSynchronizationContext(before);
        }
    }

    // Called by every method of the context. Throws, so that the code on the wrong thread stops, and remembers, so that the instance fails.
    public void Check()
    {
        if (!IsOwn())
        {
            throw new NonDeterminismException("An orchestrator used its context outside of its own thread.");
        }
    }

    public bool IsOwn()
    {
        if (!IsCurrent)
        {
            left = true;
        }

        return !left;
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsOwn())
        {
            posted.Enqueue((d, state));
        }
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        Check();
        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;
}
