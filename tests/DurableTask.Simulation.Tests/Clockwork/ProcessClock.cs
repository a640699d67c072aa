namespace DurableTask.Simulation.Tests.Clockwork;

// The machine's time as one process sees it: its clock may be off by some microseconds, always the same.
internal sealed class ProcessClock(Machine machine, Process process, long skew) : TimeProvider
{
    public override long TimestampFrequency => 1_000_000;

    public override long GetTimestamp() => machine.Now;

    public override DateTimeOffset GetUtcNow() => Machine.Epoch.AddMicroseconds(machine.Now + skew);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(machine, process, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    // Fires once; nothing here asks for more.
    private sealed class Timer(Machine machine, Process process, Action callback) : ITimer
    {
        private int version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            machine.Check();
            var mine = ++version;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                machine.After((long)Math.Ceiling(dueTime.TotalMicroseconds), process, () =>
                {
                    if (mine == version)
                    {
                        callback();
                    }
                });
            }

            return true;
        }

        public void Dispose() => version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
