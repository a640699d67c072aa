using DurableTask.Wire;

namespace DurableTask.AzureFunctions;

/// <summary>Why an instance has failed.</summary>
public enum FailureCause
{
    /// <summary>It has not failed, or is not there any more.</summary>
    Unknown,

    /// <summary>Its own code said so: an exception, or history and code that disagree.</summary>
    Own,

    /// <summary>It is a child: its parent has been told and calls it again by itself.</summary>
    Child,

    /// <summary>The host gave it up: the worker died in the middle of a step, or did not know the orchestrator.</summary>
    Infrastructure,
}

/// <summary>Tells what the host did to an instance from what the instance did to itself. The state of an instance does not say; its history does.</summary>
public sealed class FailureCauses
{
    private readonly FunctionsDurableTaskClient client;

    internal FailureCauses(FunctionsDurableTaskClient client) => this.client = client;

    /// <summary>Why an instance has failed.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="cancellation">Ends the wait for the hub.</param>
    public async Task<FailureCause> OfAsync(string instanceId, CancellationToken cancellation = default)
    {
        try
        {
            return Of((await client.GetOrchestrationHistoryAsync(instanceId, cancellation)).Events);
        }
        catch (OrchestrationNotFoundException)
        {
            return FailureCause.Unknown;
        }
    }

    // Our own failures carry details, always (OrchestratorBridge); the host's carry none, only a text.
    internal static FailureCause Of(IEnumerable<HistoryEvent> history)
    {
        var (isChild, end) = (false, (ExecutionCompletedEvent?)null);
        foreach (var one in history)
        {
            isChild |= one.ExecutionStarted?.ParentInstance is not null;
            end = one.ExecutionCompleted ?? end;
        }

        return end is not { OrchestrationStatus: OrchestrationStatus.Failed } ? FailureCause.Unknown
            : isChild ? FailureCause.Child
            : end.FailureDetails is null ? FailureCause.Infrastructure
            : FailureCause.Own;
    }
}
