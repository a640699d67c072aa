namespace DurableTask;

/// <summary>When a failed call is tried again: attempts, and durable timers between them.</summary>
public class RetryPolicy
{
    /// <summary>Makes a policy.</summary>
    /// <param name="maxNumberOfAttempts">Attempts in all, the first included; at least 1.</param>
    /// <param name="firstRetryInterval">Wait before the second attempt; above zero.</param>
    /// <param name="backoffCoefficient">Factor from one wait to the next; at least 1.</param>
    /// <param name="maxRetryInterval">Longest wait, not below the first; null = one hour, <see cref="Timeout.InfiniteTimeSpan"/> = no such limit.</param>
    /// <param name="retryTimeout">No attempt is begun later than this after the first, not below the first wait; null or <see cref="Timeout.InfiniteTimeSpan"/> = no such limit.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public RetryPolicy(int maxNumberOfAttempts, TimeSpan firstRetryInterval, double backoffCoefficient = 1.0, TimeSpan? maxRetryInterval = null, TimeSpan? retryTimeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNumberOfAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstRetryInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(backoffCoefficient, 1.0);
        NotBelowTheFirst(maxRetryInterval, nameof(maxRetryInterval));
        NotBelowTheFirst(retryTimeout, nameof(retryTimeout));
        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = maxRetryInterval ?? (firstRetryInterval > TimeSpan.FromHours(1) ? firstRetryInterval : TimeSpan.FromHours(1));
        RetryTimeout = retryTimeout ?? Timeout.InfiniteTimeSpan;

        void NotBelowTheFirst(TimeSpan? time, string name)
        {
            if (time is { } given && given != Timeout.InfiniteTimeSpan)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(given, firstRetryInterval, name);
            }
        }
    }

    /// <summary>Attempts in all, the first included.</summary>
    public int MaxNumberOfAttempts { get; }

    /// <summary>Wait before the second attempt.</summary>
    public TimeSpan FirstRetryInterval { get; }

    /// <summary>Factor from one wait to the next.</summary>
    public double BackoffCoefficient { get; }

    /// <summary>Longest wait between two attempts; <see cref="Timeout.InfiniteTimeSpan"/> = no such limit.</summary>
    public TimeSpan MaxRetryInterval { get; }

    /// <summary>No attempt is begun later than this after the first; <see cref="Timeout.InfiniteTimeSpan"/> = no such limit.</summary>
    public TimeSpan RetryTimeout { get; }

    /// <summary>Which failures are tried again; part of the orchestrator, so deterministic. Default: all.</summary>
    public Func<TaskFailureDetails, bool> HandleFailure { get; init; } = _ => true;
}
