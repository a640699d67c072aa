using DurableTask;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Workflow;

/// <summary>
/// Deletes the orchestration of a run, its gates and commands with it, 30 days after it has ended, on either engine; what people decided and what was built is in the project's own
/// tables, and stays. A failed run waits for an operator, who may take it back and needs its children for that: it is never deleted here.
/// </summary>
internal sealed class FinishedRunSweep(DurableTaskClient client, TimeProvider time, ILogger<FinishedRunSweep> logger) : ISweep
{
    // A sweep holds up the others, and under the Functions host each deletion is some transactions of the storage account.
    private const int AtOnce = 25;
    private static readonly TimeSpan Keep = TimeSpan.FromDays(30);
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    // A process that was just started has other things to do, and a hub in a storage account reads its whole table for this.
    private DateTimeOffset dueAt = time.GetUtcNow() + TimeSpan.FromMinutes(5);

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now < dueAt)
        {
            return;
        }

        // Before the look: one that fails is not repeated at every round.
        dueAt = now + Interval;
        var before = now - Keep;
        var count = 0;
        var query = new OrchestrationQuery(CreatedTo: before, Statuses: [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Terminated], InstanceIdPrefix: "project:");
        await foreach (var run in client.GetAllInstancesAsync(query).WithCancellation(cancellationToken))
        {
            if (run.LastUpdatedAt > before)
            {
                continue;
            }

            if (count == AtOnce)
            {
                // The next round goes on.
                dueAt = now;
                break;
            }

            await client.PurgeInstanceAsync(run.InstanceId, new PurgeInstanceOptions(Recursive: true), cancellationToken);
            count++;
        }

        if (count > 0)
        {
            logger.LogInformation("The orchestrations of {Count} runs that ended more than {Days} days ago are deleted", count, Keep.Days);
        }
    }
}
