namespace DurableTask;

/// <summary>Starts, wakes, asks and ends orchestration instances, from outside of orchestrators.</summary>
public abstract class DurableTaskClient : IAsyncDisposable
{
    /// <summary>Makes a client without a name.</summary>
    protected DurableTaskClient()
        : this("")
    {
    }

    /// <summary>Makes a client; with a name it can be made as <c>new Mock&lt;DurableTaskClient&gt;("name")</c>, as tests of orchestrators' starters do
    /// (https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-unit-testing-dotnet-isolated).</summary>
    /// <param name="name">Its name.</param>
    protected DurableTaskClient(string name) => Name = name;

    /// <summary>The client's name; empty = none.</summary>
    public string Name { get; }

    /// <summary>Starts an instance. With an id that exists, running or finished, nothing happens: starting is idempotent by instance id, unless
    /// <see cref="StartOrchestrationOptions.DedupeStatuses"/> says otherwise.</summary>
    /// <param name="orchestratorName">Its registered name.</param>
    /// <param name="input">Its input, written as JSON; null = none.</param>
    /// <param name="options">Its id, version and tags, when it begins, and which finished instance it may replace; null = a new id, the newest version, now, none.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <returns>The instance id.</returns>
    /// <exception cref="ArgumentException">The id is one that no store can hold, or one of <see cref="StartOrchestrationOptions.DedupeStatuses"/> is no state.</exception>
    public abstract Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default);

    /// <inheritdoc cref="ScheduleNewOrchestrationInstanceAsync(TaskName, object?, StartOrchestrationOptions?, CancellationToken)"/>
    public Task<string> ScheduleNewOrchestrationInstanceAsync(TaskName orchestratorName, CancellationToken cancellation) =>
        ScheduleNewOrchestrationInstanceAsync(orchestratorName, null, null, cancellation);

    /// <inheritdoc cref="ScheduleNewOrchestrationInstanceAsync(TaskName, object?, StartOrchestrationOptions?, CancellationToken)"/>
    public Task<string> ScheduleNewOrchestrationInstanceAsync(TaskName orchestratorName, object? input, CancellationToken cancellation) =>
        ScheduleNewOrchestrationInstanceAsync(orchestratorName, input, null, cancellation);

    /// <inheritdoc cref="ScheduleNewOrchestrationInstanceAsync(TaskName, object?, StartOrchestrationOptions?, CancellationToken)"/>
    public Task<string> ScheduleNewOrchestrationInstanceAsync(TaskName orchestratorName, StartOrchestrationOptions options, CancellationToken cancellation = default) =>
        ScheduleNewOrchestrationInstanceAsync(orchestratorName, null, options, cancellation);

    /// <summary>Sends an event to an instance. It is stored when this returns, and kept until the orchestrator waits for its name.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="eventName">The event's name; compared without regard to case.</param>
    /// <param name="eventPayload">Its payload, written as JSON; null = none.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="OrchestrationFinishedException">It is finished; the event is dropped.</exception>
    public abstract Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default);

    /// <inheritdoc cref="RaiseEventAsync(string, string, object?, CancellationToken)"/>
    public Task RaiseEventAsync(string instanceId, string eventName, CancellationToken cancellation) => RaiseEventAsync(instanceId, eventName, null, cancellation);

    /// <summary>Looks an instance up.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="getInputsAndOutputs">Whether input, output and custom status are wanted.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <returns>The instance, or null.</returns>
    public abstract Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default);

    /// <inheritdoc cref="GetInstanceAsync(string, bool, CancellationToken)"/>
    public Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellation) => GetInstanceAsync(instanceId, false, cancellation);

    /// <summary>Lists instances, newest first, page by page as they are asked for.</summary>
    /// <param name="filter">Which ones; null = all.</param>
    public abstract AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null);

    /// <summary>Waits until an instance has begun. Cancel the token to give up.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="getInputsAndOutputs">Whether input, output and custom status are wanted.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    public abstract Task<OrchestrationMetadata> WaitForInstanceStartAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default);

    /// <inheritdoc cref="WaitForInstanceStartAsync(string, bool, CancellationToken)"/>
    public Task<OrchestrationMetadata> WaitForInstanceStartAsync(string instanceId, CancellationToken cancellation) => WaitForInstanceStartAsync(instanceId, false, cancellation);

    /// <summary>Waits until an instance is finished. Cancel the token to give up.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="getInputsAndOutputs">Whether input, output and custom status are wanted.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    public abstract Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default);

    /// <inheritdoc cref="WaitForInstanceCompletionAsync(string, bool, CancellationToken)"/>
    public Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(string instanceId, CancellationToken cancellation) =>
        WaitForInstanceCompletionAsync(instanceId, false, cancellation);

    /// <summary>Ends an instance at its next step. Activities that run already are not stopped.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="options">What becomes its output, and whether its children are ended too; null = nothing, and they are not.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="OrchestrationFinishedException">It is finished already.</exception>
    public abstract Task TerminateInstanceAsync(string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default);

    /// <inheritdoc cref="TerminateInstanceAsync(string, TerminateInstanceOptions?, CancellationToken)"/>
    public Task TerminateInstanceAsync(string instanceId, CancellationToken cancellation) => TerminateInstanceAsync(instanceId, null, cancellation);

    /// <summary>Ends an instance at its next step, its children not.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="output">What becomes its output, written as JSON; null = none.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="OrchestrationFinishedException">It is finished already.</exception>
    public Task TerminateInstanceAsync(string instanceId, object? output, CancellationToken cancellation = default) =>
        TerminateInstanceAsync(instanceId, new TerminateInstanceOptions(output), cancellation);

    /// <summary>Holds an instance. What arrives meanwhile is kept.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="reason">Why; kept in the history.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="OrchestrationFinishedException">It is finished already.</exception>
    public abstract Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default);

    /// <inheritdoc cref="SuspendInstanceAsync(string, string?, CancellationToken)"/>
    public Task SuspendInstanceAsync(string instanceId, CancellationToken cancellation) => SuspendInstanceAsync(instanceId, null, cancellation);

    /// <summary>Lets a held instance go on, and takes a parked one up again.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="reason">Why; kept in the history.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="OrchestrationFinishedException">It is finished already.</exception>
    public abstract Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default);

    /// <inheritdoc cref="ResumeInstanceAsync(string, string?, CancellationToken)"/>
    public Task ResumeInstanceAsync(string instanceId, CancellationToken cancellation) => ResumeInstanceAsync(instanceId, null, cancellation);

    /// <summary>
    /// Takes a failed instance back to before its failure: activities that failed run again, children that failed are taken back as well, everything that succeeded stays.
    /// A failure of the orchestrator's own code is met again unless the code has changed. One that the code had answered with further steps stays: those steps happened.
    /// </summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="reason">Why; kept in the history.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="InvalidOperationException">It has not failed, or this process does not know its orchestrator, or the present code disagrees with its history.</exception>
    public abstract Task RewindInstanceAsync(string instanceId, string reason, CancellationToken cancellation = default);

    /// <summary>Starts a finished instance again from the beginning, with the same orchestrator and input.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="restartWithNewInstanceId">Whether the new one gets an id of its own; otherwise it takes the old one's place.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <returns>The id of the new instance.</returns>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    /// <exception cref="InvalidOperationException">It is not finished and its place was to be taken.</exception>
    public abstract Task<string> RestartAsync(string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default);

    /// <summary>Deletes a finished instance with its history. A running one stays.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="options">Whether its finished children go too; null = they do not.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <returns>How many instances were deleted; 0 when there was no finished one.</returns>
    public abstract Task<PurgeResult> PurgeInstanceAsync(string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default);

    /// <inheritdoc cref="PurgeInstanceAsync(string, PurgeInstanceOptions?, CancellationToken)"/>
    public Task<PurgeResult> PurgeInstanceAsync(string instanceId, CancellationToken cancellation) => PurgeInstanceAsync(instanceId, null, cancellation);

    /// <summary>Deletes finished instances with their history. Running ones stay.</summary>
    /// <param name="filter">Which ones.</param>
    /// <param name="options">Whether their finished children go too; null = only those the filter meets.</param>
    /// <param name="cancellation">Ends the purge between two portions; what is deleted stays deleted.</param>
    /// <returns>How many instances were deleted, and whether those were all.</returns>
    public abstract Task<PurgeResult> PurgeAllInstancesAsync(PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default);

    /// <inheritdoc cref="PurgeAllInstancesAsync(PurgeInstancesFilter, PurgeInstanceOptions?, CancellationToken)"/>
    public Task<PurgeResult> PurgeAllInstancesAsync(PurgeInstancesFilter filter, CancellationToken cancellation) => PurgeAllInstancesAsync(filter, null, cancellation);

    /// <summary>Reads everything that has happened to the present generation of an instance.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    /// <exception cref="OrchestrationNotFoundException">There is no such instance.</exception>
    public abstract Task<OrchestrationHistory> GetOrchestrationHistoryAsync(string instanceId, CancellationToken cancellation = default);

    /// <summary>Gives back what the client holds; most hold nothing of their own.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
