namespace DurableTask.Simulation.Tests.Clockwork;

// The world of one seed: one thread, and a queue of what happens at which moment of a clock that only it moves. Whatever runs, runs from here.
internal sealed class Machine(ulong seed)
{
    public static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<(Process? Of, Action Happening), (long At, long Order)> queue = new();
    private readonly int thread = Environment.CurrentManagedThreadId;
    private long order;

    public Chance Seed { get; } = new(seed);

    // Microseconds since the epoch.
    public long Now { get; private set; }

    // What happened, in order; two runs of a seed give the same.
    public List<string> Trace { get; } = [];

    // What must not happen.
    public List<string> Violations { get; } = [];

    public void After(long micros, Process? of, Action happening) => queue.Enqueue((of, happening), (Now + micros, order++));

    // Does the next thing; nothing is left when it says no.
    public bool Step()
    {
        if (!queue.TryDequeue(out var next, out var when))
        {
            return false;
        }

        Now = Math.Max(Now, when.At);
        switch (next.Of)
        {
            case { IsDead: true }:
                break;
            case { } paused when paused.PausedUntil > Now:
                queue.Enqueue(next, (paused.PausedUntil, when.Order));
                break;
            default:
                next.Happening();
                break;
        }

        return true;
    }

    public void Note(string line) => Trace.Add($"{Now / 1000.0:0.000} {line}");

    public void Violate(string what)
    {
        Note($"VIOLATION {what}");
        Violations.Add(what);
    }

    // Chance and the pool of threads must stay outside: a run that has left its thread cannot be repeated.
    public void Check()
    {
        if (Environment.CurrentManagedThreadId != thread)
        {
            Violate($"something ran on another thread: {Environment.StackTrace}");
        }
    }
}
