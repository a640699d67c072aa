namespace DurableTask.Calls;

internal static class Retries
{
    // Runs on the orchestrator's thread: the waits between attempts are durable timers, so they are part of history like everything else.
    public static async Task<T> RunAsync<T>(TaskOrchestrationContext context, TaskRetryOptions? retry, Func<Task<T>> call)
    {
        var firstAt = context.CurrentUtcDateTime;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (TaskFailedException failed) when (retry is not null && !failed.FailureDetails.IsNonRetriable)
            {
                var again = retry.Policy is { } policy
                    ? await WaitAsync(context, policy, attempt, firstAt, failed.FailureDetails)
                    : await retry.Handler!(new RetryContext(context, attempt, failed.FailureDetails, context.CurrentUtcDateTime - firstAt, CancellationToken.None));
                if (!again)
                {
                    throw;
                }
            }
        }
    }

    internal static TimeSpan Wait(RetryPolicy policy, int attempt)
    {
        var longest = policy.MaxRetryInterval == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : policy.MaxRetryInterval;
        var ticks = policy.FirstRetryInterval.Ticks * Math.Pow(policy.BackoffCoefficient, attempt - 1);
        return ticks < longest.Ticks ? TimeSpan.FromTicks((long)ticks) : longest;
    }

    // Says whether there is another attempt, after the wait for it.
    private static async Task<bool> WaitAsync(TaskOrchestrationContext context, RetryPolicy policy, int attempt, DateTime firstAt, TaskFailureDetails failure)
    {
        var wait = Wait(policy, attempt);
        if (attempt >= policy.MaxNumberOfAttempts || !policy.HandleFailure(failure)
            || (policy.RetryTimeout != Timeout.InfiniteTimeSpan && context.CurrentUtcDateTime - firstAt + wait > policy.RetryTimeout))
        {
            return false;
        }

        await context.CreateTimer(wait, CancellationToken.None);
        return true;
    }
}
