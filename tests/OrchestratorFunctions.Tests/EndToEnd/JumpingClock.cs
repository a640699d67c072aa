namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>A machine's clock that somebody sets: the time of day jumps, while what measures durations goes on as before.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private long ahead;

    /// <summary>How far it is ahead of the true time.</summary>
    public TimeSpan Ahead
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref ahead));
        set => Interlocked.Exchange(ref ahead, value.Ticks);
    }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
}
