using DurableTask.Replay;
using DurableTask.Wire;

namespace DurableTask.AzureFunctions;

/// <summary>
/// Makes good what an instance missed while it was failed. Whatever is on its way to a failed instance is dropped by the extension (timers, answers of activities, ends of children), so an
/// instance that is only taken back may wait for ever. Harmless to repeat, and for an instance that missed nothing.
/// </summary>
public sealed class Recovery
{
    private readonly FunctionsDurableTaskClient client;

    internal Recovery(FunctionsDurableTaskClient client) => this.client = client;

    /// <summary>Tells an instance that was taken back which of its children have ended, and wakes it: it takes its timers for fired and calls its activities again.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="cancellation">Ends the wait for the hub.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    public async Task MakeGoodAsync(string instanceId, CancellationToken cancellation = default)
    {
        try
        {
            await TellAsync(instanceId, cancellation);
        }
        catch (OrchestrationFinishedException)
        {
            // It has gone on to its end meanwhile, or has failed anew and is taken back anew.
        }
    }

    private async Task TellAsync(string instanceId, CancellationToken cancellation)
    {
        var history = (await client.GetOrchestrationHistoryAsync(instanceId, cancellation)).Events;
        var executionId = history.LastOrDefault(one => one.ExecutionStarted is not null)?.ExecutionStarted.OrchestrationInstance?.ExecutionId ?? "";
        foreach (var (id, child) in OpenChildren(history))
        {
            if (await EndOfAsync(id, child, cancellation) is { } end)
            {
                await client.RaiseEventAsync(instanceId, LostMail.AgainEvent, LostMail.Write(executionId, end), cancellation);
            }
        }

        await client.RaiseEventAsync(instanceId, LostMail.WakeEvent, null, cancellation);
    }

    private static IEnumerable<(int Id, string Child)> OpenChildren(IReadOnlyList<HistoryEvent> history)
    {
        var ended = history.Select(one => one.SubOrchestrationInstanceCompleted?.TaskScheduledId ?? one.SubOrchestrationInstanceFailed?.TaskScheduledId).ToHashSet();
        return history.Where(one => one.SubOrchestrationInstanceCreated is not null && !ended.Contains(one.EventId)).Select(one => (one.EventId, one.SubOrchestrationInstanceCreated.InstanceId));
    }

    // As its parent would have been told. Null: it runs, or has not begun, or what is there is an earlier run under the same id.
    private async Task<HistoryEvent?> EndOfAsync(int id, string child, CancellationToken cancellation)
    {
        if (await client.GetInstanceAsync(child, false, cancellation) is not { IsCompleted: true })
        {
            return null;
        }

        var history = (await client.GetOrchestrationHistoryAsync(child, cancellation)).Events;
        if (history.LastOrDefault(one => one.ExecutionStarted is not null)?.ExecutionStarted.ParentInstance?.TaskScheduledId != id
            || history.LastOrDefault(one => one.ExecutionCompleted is not null)?.ExecutionCompleted is not { } end)
        {
            return null;
        }

        var told = new HistoryEvent { EventId = -1 };
        if (end.OrchestrationStatus == OrchestrationStatus.Completed)
        {
            told.SubOrchestrationInstanceCompleted = new SubOrchestrationInstanceCompletedEvent { TaskScheduledId = id, Result = end.Result };
        }
        else
        {
            told.SubOrchestrationInstanceFailed = new SubOrchestrationInstanceFailedEvent { TaskScheduledId = id, FailureDetails = end.FailureDetails };
        }

        return told;
    }
}
