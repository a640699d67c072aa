namespace DurableTask;

/// <summary>How an activity or a sub-orchestration is called.</summary>
/// <param name="Retry">Its retries; null = one attempt.</param>
public record TaskOptions(TaskRetryOptions? Retry = null)
{
    /// <summary>Options with a retry policy.</summary>
    /// <param name="policy">The policy.</param>
    public static TaskOptions FromRetryPolicy(RetryPolicy policy) => new(new TaskRetryOptions(policy));
}

/// <summary>How a sub-orchestration is called.</summary>
public sealed record SubOrchestrationOptions : TaskOptions
{
    /// <summary>Takes over the retries of other options.</summary>
    /// <param name="options">The options whose retries are taken.</param>
    /// <param name="instanceId">The child's instance id; null = a deterministic one is made. Retries of a given id replace the failed child.</param>
    public SubOrchestrationOptions(TaskOptions options, string? instanceId = null)
        : base(options) => InstanceId = instanceId;

    /// <summary>Options from retries and an id.</summary>
    /// <param name="retry">Its retries; null = one attempt.</param>
    /// <param name="instanceId">The child's instance id; null = a deterministic one is made. Retries of a given id replace the failed child.</param>
    public SubOrchestrationOptions(TaskRetryOptions? retry = null, string? instanceId = null)
        : base(retry) => InstanceId = instanceId;

    /// <summary>The child's instance id; null = a deterministic one is made.</summary>
    public string? InstanceId { get; init; }
}

/// <summary>The retries of a call.</summary>
/// <param name="Policy">The policy.</param>
public sealed record TaskRetryOptions(RetryPolicy Policy)
{
    /// <summary>Retries by a policy.</summary>
    /// <param name="policy">The policy.</param>
    public static implicit operator TaskRetryOptions(RetryPolicy policy) => new(policy);

    /// <summary>Retries by a policy.</summary>
    /// <param name="policy">The policy.</param>
    public static TaskRetryOptions FromRetryPolicy(RetryPolicy policy) => new(policy);
}

/// <summary>When a failed call is tried again: attempts, and durable timers between them.</summary>
public sealed class RetryPolicy
{
    /// <summary>Makes a policy.</summary>
    /// <param name="maxNumberOfAttempts">Attempts in all, the first included; at least 1.</param>
    /// <param name="firstRetryInterval">Wait before the second attempt; above zero.</param>
    /// <param name="backoffCoefficient">Factor from one wait to the next; at least 1.</param>
    /// <param name="maxRetryInterval">Longest wait; null = one hour. Not below the first.</param>
    /// <param name="retryTimeout">No attempt is begun later than this after the first; null = no such limit.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public RetryPolicy(int maxNumberOfAttempts, TimeSpan firstRetryInterval, double backoffCoefficient = 1.0, TimeSpan? maxRetryInterval = null, TimeSpan? retryTimeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNumberOfAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstRetryInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(backoffCoefficient, 1.0);
        if (maxRetryInterval is { } longest)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(longest, firstRetryInterval, nameof(maxRetryInterval));
        }

        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = maxRetryInterval ?? (firstRetryInterval > TimeSpan.FromHours(1) ? firstRetryInterval : TimeSpan.FromHours(1));
        RetryTimeout = retryTimeout ?? Timeout.InfiniteTimeSpan;
    }

    /// <summary>Attempts in all, the first included.</summary>
    public int MaxNumberOfAttempts { get; }

    /// <summary>Wait before the second attempt.</summary>
    public TimeSpan FirstRetryInterval { get; }

    /// <summary>Factor from one wait to the next.</summary>
    public double BackoffCoefficient { get; }

    /// <summary>Longest wait between two attempts.</summary>
    public TimeSpan MaxRetryInterval { get; }

    /// <summary>No attempt is begun later than this after the first; <see cref="Timeout.InfiniteTimeSpan"/> = no such limit.</summary>
    public TimeSpan RetryTimeout { get; }
}
