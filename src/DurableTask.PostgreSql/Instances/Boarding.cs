namespace DurableTask.PostgreSql.Instances;

// Who may touch a step that waits for its commit: the trip that takes it along, or the instance, which puts more into it. Neither waits for the other: a trip goes without a step
// that is being changed, and a step that a trip has gone without takes in nothing more, so that it is not left behind again.
internal sealed class Boarding
{
    private const int Waits = 0;
    private const int IsOpen = 1;
    private const int IsOpenForTheLastTime = 2;
    private const int WaitsAtLast = 3;
    private const int HasLeft = 4;

    private int state;

    // Whether the trip takes it along.
    public bool TryLeave()
    {
        while (true)
        {
            var now = Volatile.Read(ref state);
            var next = now switch { Waits or WaitsAtLast => HasLeft, IsOpen => IsOpenForTheLastTime, _ => now };
            if (next == now || Interlocked.CompareExchange(ref state, next, now) == now)
            {
                return next == HasLeft && now != HasLeft;
            }
        }
    }

    // Whether more may be put in, until it is closed.
    public bool TryOpen() => Interlocked.CompareExchange(ref state, IsOpen, Waits) == Waits;

    public void Close()
    {
        if (Interlocked.CompareExchange(ref state, Waits, IsOpen) != IsOpen)
        {
            Volatile.Write(ref state, WaitsAtLast);
        }
    }
}
