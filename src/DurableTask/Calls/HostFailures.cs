using DurableTask.Wire;

namespace DurableTask.Calls;

// Failures that are the host's: the worker died while the call was with it, or did not know its name. They are no answer of the code that was called, so the call is made
// again, and neither the caller's code nor its retry policy sees them, until so many in a row that something is wrong for good.
internal static class HostFailures
{
    private const string ErrorType = "DurableTask.HostFailure";
    private const int MostInARow = 10;
    private static readonly RetryPolicy Policy = new(MostInARow, TimeSpan.FromSeconds(1), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromMinutes(1));

    public static TaskFailureDetails Of(Wire.TaskFailureDetails? told) => new(
        ErrorType, "The worker died, or did not know the task, while the call was with it.", null, told is null ? null : Failures.From(told), IsNonRetriable: false);

    public static async Task<T> RetriedAsync<T>(TaskOrchestrationContext context, Func<Task<T>> call)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (TaskFailedException failed) when (failed.FailureDetails.ErrorType == ErrorType && attempt < MostInARow)
            {
                await context.CreateTimer(Retries.Wait(Policy, attempt), CancellationToken.None);
            }
        }
    }
}
