using DurableTask;

namespace OrchestratorFunctions.Operations;

/// <summary>
/// How often each kind of work is tried. One file, so that the whole app's patience is read in one place. What is a defect, or can
/// never succeed, throws <see cref="PermanentFailureException"/> and is not tried again.
/// </summary>
internal static class Retries
{
    /// <summary>Statements on our own database: about an hour, since nothing can go on without it.</summary>
    public static TaskOptions Database { get; } = TaskOptions.FromRetryPolicy(new RetryPolicy(
        maxNumberOfAttempts: 40, TimeSpan.FromSeconds(1), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromMinutes(2)));

    /// <summary>Calls to the language model: about half a day, since an outage must not end a project.</summary>
    public static TaskOptions Model { get; } = TaskOptions.FromRetryPolicy(new RetryPolicy(
        maxNumberOfAttempts: 150, TimeSpan.FromSeconds(2), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromMinutes(5)));

    /// <summary>Calls to the coding agent: about a quarter of an hour, then a person is asked.</summary>
    public static TaskOptions Vendor { get; } = TaskOptions.FromRetryPolicy(new RetryPolicy(
        maxNumberOfAttempts: 20, TimeSpan.FromSeconds(1), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromMinutes(1)));

    /// <summary>A conversation's mailbox never gives up: a row that fails is set aside by the row's own count.</summary>
    public static TaskOptions Forever { get; } = TaskOptions.FromRetryPolicy(new RetryPolicy(
        maxNumberOfAttempts: int.MaxValue, TimeSpan.FromSeconds(1), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromMinutes(1)));
}
