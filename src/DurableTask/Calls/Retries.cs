namespace DurableTask.Calls;

internal static class Retries
{
    // Runs on the orchestrator's thread: the waits between attempts are durable timers, so they are part of history like everything else.
    public static async Task<T> RunAsync<T>(TaskOrchestrationContext context, RetryPolicy? policy, Func<Task<T>> call)
    {
        var firstAt = context.CurrentUtcDateTime;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (TaskFailedException failed) when (policy is not null && MayRetry(policy, attempt, failed))
            {
                var wait = Wait(policy, attempt);
                if (policy.RetryTimeout != Timeout.InfiniteTimeSpan && context.CurrentUtcDateTime - firstAt + wait > policy.RetryTimeout)
                {
                    throw;
                }

                await context.CreateTimer(wait, CancellationToken.None);
            }
        }
    }

    internal static TimeSpan Wait(RetryPolicy policy, int attempt)
    {
        var ticks = policy.FirstRetryInterval.Ticks * Math.Pow(policy.BackoffCoefficient, attempt - 1);
        return ticks < policy.MaxRetryInterval.Ticks ? TimeSpan.FromTicks((long)ticks) : policy.MaxRetryInterval;
    }

    private static bool MayRetry(RetryPolicy policy, int attempt, TaskFailedException failed) =>
        attempt < policy.MaxNumberOfAttempts && !failed.FailureDetails.IsNonRetriable;
}
