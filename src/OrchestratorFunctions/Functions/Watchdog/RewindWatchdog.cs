using DurableTask;
using DurableTask.AzureFunctions;
using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;

namespace OrchestratorFunctions.Functions.Watchdog;

/// <summary>
/// The host fails an instance for good when its worker dies in the middle of a step. Such instances are taken back to where they were: at once, then after growing
/// pauses, at most five times; then a person has to look. What failed by its own decision stays failed, and a child is its parent's business. What an instance missed
/// meanwhile is made good when it is taken back, and once more later: the first time may have been cut short, or too early for the end of a child.
/// </summary>
internal sealed class RewindWatchdog(
    DurableTaskClient client, FailureCauses causes, Recovery recovery, RewindStore store, NpgsqlDataSource dataSource, AuditLog audit, TimeProvider time, ILogger<RewindWatchdog> logger)
{
    public const int MostRewinds = 5;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var instance in await store.NotMadeGoodAsync(cancellationToken))
        {
            await TryAsync(instance, () => MakeGoodAsync(instance, cancellationToken));
        }

        await foreach (var failed in client.GetAllInstancesAsync(new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Failed])).WithCancellation(cancellationToken))
        {
            await TryAsync(failed.InstanceId, () => LookAtAsync(failed, cancellationToken));
        }
    }

    // One that cannot be dealt with must not keep the others waiting; a hub that is gone is the same for all.
    private async Task TryAsync(string instance, Func<Task> look)
    {
        try
        {
            await look();
        }
        catch (Exception fault) when (fault is not OperationCanceledException and not HubUnavailableException)
        {
            logger.LogWarning("{InstanceId} has failed and could not be dealt with, again at the next round: {Reason}", instance, fault.Message);
        }
    }

    private async Task MakeGoodAsync(string instance, CancellationToken cancellationToken)
    {
        var now = await client.GetInstanceAsync(instance, getInputsAndOutputs: false, cancellationToken);
        // One that is failed is looked at below; taking it back begins this again.
        if (now is { IsCompleted: false })
        {
            await recovery.MakeGoodAsync(instance, cancellationToken);
        }

        await store.MadeGoodAsync(instance, cancellationToken);
    }

    private async Task LookAtAsync(OrchestrationMetadata failed, CancellationToken cancellationToken)
    {
        var known = await store.FindAsync(failed.InstanceId, cancellationToken);
        if (known is { IsSettled: true } && known.FailedAt == RewindStore.Stored(failed.LastUpdatedAt))
        {
            return;
        }

        switch (await causes.OfAsync(failed.InstanceId, cancellationToken))
        {
            case FailureCause.Unknown:
                return;
            case FailureCause.Own:
                logger.LogError("{InstanceId} has failed by its own decision and is left as it is", failed.InstanceId);
                await store.LeaveAsync(failed, cancellationToken);
                return;
            case FailureCause.Child:
                await store.LeaveAsync(failed, cancellationToken);
                return;
            default:
                await TakeBackAsync(failed, known?.Rewinds ?? 0, cancellationToken);
                return;
        }
    }

    private async Task TakeBackAsync(OrchestrationMetadata failed, int rewinds, CancellationToken cancellationToken)
    {
        if (rewinds >= MostRewinds)
        {
            logger.LogError("ALERT: {InstanceId} has failed {Times} times because its worker died, and is parked. Find the cause, then rewind it", failed.InstanceId, rewinds + 1);
            await dataSource.InTransactionAsync(
                async (connection, token) =>
                {
                    await store.ParkAsync(connection, failed, token);
                    await audit.AppendAsync(connection, new AuditEntry("instance_parked", AuditEntry.System, null, new { instance = failed.InstanceId, rewinds }), token);
                },
                cancellationToken);
            return;
        }

        if (time.GetUtcNow() < failed.LastUpdatedAt + Pause(rewinds))
        {
            return;
        }

        // Noted first: a crash in between costs one of the five, never makes a sixth.
        await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                await store.CountAsync(connection, failed, token);
                await audit.AppendAsync(connection, new AuditEntry("instance_rewound", AuditEntry.System, null, new { instance = failed.InstanceId, rewind = rewinds + 1 }), token);
            },
            cancellationToken);
        logger.LogWarning("{InstanceId} has failed because its worker died; it is taken back, time {Time} of {Most}", failed.InstanceId, rewinds + 1, MostRewinds);
        await client.RewindInstanceAsync(failed.InstanceId, "its worker died in the middle of a step", cancellationToken);
    }

    // At once, then 20 s, 80 s, 5 min, 21 min after the failure.
    private static TimeSpan Pause(int rewinds) => rewinds == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(5 * Math.Pow(4, rewinds));
}
