using DurableTask;

namespace OrchestratorFunctions.Workflow;

/// <summary>The retry policies of all activities, by what is retried.</summary>
internal static class Retries
{
    /// <summary>A vendor's outage or restart: 10 attempts over about two and a half minutes.</summary>
    public static readonly TaskOptions Vendor =
        TaskOptions.FromRetryPolicy(new RetryPolicy(maxNumberOfAttempts: 10, TimeSpan.FromSeconds(1), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromSeconds(30)));

    /// <summary>Our own database, which the engine needs as well: 5 attempts within half a minute.</summary>
    public static readonly TaskOptions Database =
        TaskOptions.FromRetryPolicy(new RetryPolicy(maxNumberOfAttempts: 5, TimeSpan.FromSeconds(1), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromSeconds(15)));
}
