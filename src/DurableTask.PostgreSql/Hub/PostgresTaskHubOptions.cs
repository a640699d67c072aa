namespace DurableTask.PostgreSql;

/// <summary>How this process takes part in the task hub.</summary>
public sealed class PostgresTaskHubOptions
{
    /// <summary>Whether this process runs orchestrators and activities, or is only a client. Default: it runs them.</summary>
    public bool RunWorker { get; set; } = true;

    /// <summary>How long work that was taken belongs to its worker without a sign of life; a third of it is the heartbeat. At least 0.2 s; default 30 s.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a worker looks for work it was not told of: expired leases, lost notifications. At least 10 ms; default 2 s.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Instances this process advances at the same time, at least 1; default 256.</summary>
    public int MaxConcurrentInstances { get; set; } = 256;

    /// <summary>Activities this process runs at the same time, at least 1; default 32.</summary>
    public int MaxConcurrentActivities { get; set; } = 32;

    /// <summary>Attempts at one step of an instance, or one run of an activity, that may end without a result (a dead worker, a broken history) before it is parked. At least 1; default 10.</summary>
    public int MaxAttempts { get; set; } = 10;

    /// <summary>Sessions kept in memory, so that their next step needs no replay. 0 = none; default 1000.</summary>
    public int WarmSessions { get; set; } = 1000;

    /// <summary>How long a stopping process lets running activities go on before their tokens are cancelled. Default 5 s.</summary>
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(5);

    // How many steps must at least wait for a commit of theirs to set out while another is under way. A simulation lets it happen with few.
    internal int CommitCrowd { get; set; } = 16;

    internal PostgresTaskHubOptions Valid()
    {
        Check(Lease >= TimeSpan.FromSeconds(0.2), nameof(Lease));
        Check(PollInterval >= TimeSpan.FromMilliseconds(10), nameof(PollInterval));
        Check(MaxConcurrentInstances >= 1, nameof(MaxConcurrentInstances));
        Check(MaxConcurrentActivities >= 1, nameof(MaxConcurrentActivities));
        Check(MaxAttempts >= 1, nameof(MaxAttempts));
        Check(WarmSessions >= 0, nameof(WarmSessions));
        Check(ShutdownGrace >= TimeSpan.Zero, nameof(ShutdownGrace));
        return this;
    }

    private static void Check(bool inRange, string name)
    {
        if (!inRange)
        {
            throw new InvalidOperationException($"The task hub option {name} is out of its range.");
        }
    }
}
