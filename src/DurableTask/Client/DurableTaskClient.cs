namespace DurableTask;

/// <summary>Starts, wakes, asks and ends orchestration instances, from outside of orchestrators.</summary>
public abstract class DurableTaskClient
{
    /// <summary>Starts an instance. With an id that exists, running or finished, nothing happens: starting is idempotent by instance id.</summary>
    /// <param name="orchestratorName">Its registered name.</param>
    /// <param name="input">Its input, written as JSON; null = none.</param>
    /// <param name="options">Its id and when it begins; null = a new id, now.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <returns>The instance id.</returns>
    public abstract Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default);

    /// <summary>Sends an event to an instance. It is stored when this returns, and kept until the orchestrator waits for its name.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="eventName">The event's name; compared without regard to case.</param>
    /// <param name="eventPayload">Its payload, written as JSON; null = none.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="OrchestrationFinishedException">It is finished; the event is dropped.</exception>
    public abstract Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default);

    /// <summary>Looks an instance up.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="getInputsAndOutputs">Whether input, output and custom status are wanted.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <returns>The instance, or null.</returns>
    public abstract Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default);

    /// <summary>Lists instances, newest first.</summary>
    /// <param name="query">Which ones; null = all.</param>
    /// <param name="cancellation">Ends the listing.</param>
    public abstract IAsyncEnumerable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? query = null, CancellationToken cancellation = default);

    /// <summary>Waits until an instance is finished. Cancel the token to give up.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="getInputsAndOutputs">Whether input, output and custom status are wanted.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    public abstract Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default);

    /// <summary>Ends an instance and, unless told otherwise, its running children, at their next steps. Activities that run already are not stopped.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="output">What becomes its output, written as JSON; null = none.</param>
    /// <param name="recursive">Whether its children are ended too.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="OrchestrationFinishedException">It is finished already.</exception>
    public abstract Task TerminateInstanceAsync(string instanceId, object? output = null, bool recursive = true, CancellationToken cancellation = default);

    /// <summary>Holds an instance. What arrives meanwhile is kept.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="reason">Why; kept in the history.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="OrchestrationFinishedException">It is finished already.</exception>
    public abstract Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default);

    /// <summary>Lets a held instance go on, and takes a parked one up again.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="reason">Why; kept in the history.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="OrchestrationFinishedException">It is finished already.</exception>
    public abstract Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default);

    /// <summary>Deletes a finished instance with its history. A running one stays.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <returns>Whether there was a finished instance to delete.</returns>
    public abstract Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default);
}

/// <summary>How an instance is started.</summary>
/// <param name="InstanceId">Its id, 1 to 450 characters; null = a new one.</param>
/// <param name="StartAt">When it begins at the earliest; null = now.</param>
public sealed record StartOrchestrationOptions(string? InstanceId = null, DateTimeOffset? StartAt = null);

/// <summary>Which instances to list. What is null or empty does not limit.</summary>
/// <param name="Statuses">Their statuses.</param>
/// <param name="InstanceIdPrefix">The beginning of their ids.</param>
/// <param name="ParkedOnly">Only those the engine stopped working on.</param>
/// <param name="FetchInputsAndOutputs">Whether input, output and custom status are wanted.</param>
/// <param name="Limit">How many at most; above zero.</param>
public sealed record OrchestrationQuery(
    IReadOnlyCollection<OrchestrationRuntimeStatus>? Statuses = null, string? InstanceIdPrefix = null, bool ParkedOnly = false, bool FetchInputsAndOutputs = false, int Limit = 100);
