namespace DurableTask;

/// <summary>Decides after a failed attempt whether there is another one.</summary>
/// <param name="retryContext">What is known about the attempts so far.</param>
/// <returns>Whether to try again.</returns>
public delegate bool RetryHandler(RetryContext retryContext);

/// <summary>Decides after a failed attempt whether there is another one; may wait on durable timers of the context before.</summary>
/// <param name="retryContext">What is known about the attempts so far.</param>
/// <returns>Whether to try again.</returns>
public delegate Task<bool> AsyncRetryHandler(RetryContext retryContext);

/// <summary>What a retry handler decides on.</summary>
/// <param name="OrchestrationContext">The orchestrator's context, for timers between attempts.</param>
/// <param name="LastAttemptNumber">Attempts made so far, from 1.</param>
/// <param name="LastFailure">How the last one failed.</param>
/// <param name="TotalRetryTime">Time since the first attempt began, by the orchestrator's clock.</param>
/// <param name="CancellationToken">For calls that want one; never cancelled.</param>
public sealed record RetryContext(
    TaskOrchestrationContext OrchestrationContext, int LastAttemptNumber, TaskFailureDetails LastFailure, TimeSpan TotalRetryTime, CancellationToken CancellationToken);

/// <summary>The retries of a call: by a policy, or by code. A <see cref="PermanentFailureException"/> stops both.</summary>
public sealed class TaskRetryOptions
{
    /// <summary>Retries by a policy.</summary>
    /// <param name="policy">The policy.</param>
    public TaskRetryOptions(RetryPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        Policy = policy;
    }

    /// <summary>Retries by code.</summary>
    /// <param name="handler">The code.</param>
    public TaskRetryOptions(AsyncRetryHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Handler = handler;
    }

    /// <summary>The policy; null = a handler decides.</summary>
    public RetryPolicy? Policy { get; }

    /// <summary>The handler; null = a policy decides.</summary>
    public AsyncRetryHandler? Handler { get; }

    /// <summary>Retries by a policy.</summary>
    /// <param name="policy">The policy.</param>
    public static implicit operator TaskRetryOptions(RetryPolicy policy) => FromRetryPolicy(policy);

    /// <summary>Retries by code.</summary>
    /// <param name="handler">The code.</param>
    public static implicit operator TaskRetryOptions(RetryHandler handler) => FromRetryHandler(handler);

    /// <summary>Retries by code.</summary>
    /// <param name="handler">The code.</param>
    public static implicit operator TaskRetryOptions(AsyncRetryHandler handler) => FromRetryHandler(handler);

    /// <summary>Retries by a policy.</summary>
    /// <param name="policy">The policy.</param>
    public static TaskRetryOptions FromRetryPolicy(RetryPolicy policy) => new(policy);

    /// <summary>Retries by code.</summary>
    /// <param name="handler">The code.</param>
    public static TaskRetryOptions FromRetryHandler(RetryHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return new TaskRetryOptions(context => Task.FromResult(handler(context)));
    }

    /// <summary>Retries by code.</summary>
    /// <param name="handler">The code.</param>
    public static TaskRetryOptions FromRetryHandler(AsyncRetryHandler handler) => new(handler);
}
