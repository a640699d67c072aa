namespace DurableTask.Simulation.Tests.Clockwork;

// A process on the machine. What it has begun goes on only while it lives, and, while it is paused, not at all.
internal sealed class Process(Machine machine, string name, long skew) : TaskScheduler
{
    private readonly Chance chance = machine.Seed.For(name);
    private readonly List<Action> mourners = [];

    public string Name { get; } = name;

    public bool IsDead { get; private set; }

    public long PausedUntil { get; private set; }

    public TimeProvider Clock => field ??= new ProcessClock(machine, this, skew);

    public void Die()
    {
        if (IsDead)
        {
            return;
        }

        IsDead = true;
        foreach (var mourner in mourners)
        {
            mourner();
        }
    }

    public void Pause(long micros) => PausedUntil = machine.Now + micros;

    public void WhenDead(Action mourner) => mourners.Add(mourner);

    public void Begin(Func<Task> work) => _ = Task.Factory.StartNew(
        async () =>
        {
            try
            {
                await work();
            }
            catch (Exception exception)
            {
                machine.Violate($"{Name} ended by {exception.GetType().Name}: {exception.Message}");
            }
        },
        CancellationToken.None, TaskCreationOptions.DenyChildAttach, this);

    protected override void QueueTask(Task task)
    {
        machine.Check();
        // Mostly at once, in any order; sometimes there is no thread for a while.
        machine.After(chance.OneIn(40) ? chance.Between(0, 20_000) : chance.Between(0, 40), this, () => TryExecuteTask(task));
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
