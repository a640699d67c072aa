namespace DurableTask;

/// <summary>There is no instance of that id.</summary>
/// <param name="instanceId">The id asked for.</param>
public sealed class OrchestrationNotFoundException(string instanceId) : ArgumentException($"There is no orchestration instance '{instanceId}'.")
{
    /// <summary>The id asked for.</summary>
    public string InstanceId { get; } = instanceId;
}

/// <summary>The instance is finished, so it takes no more events, suspensions or terminations. What was sent is dropped.</summary>
/// <param name="instanceId">The instance.</param>
/// <param name="status">The status it finished with.</param>
public sealed class OrchestrationFinishedException(string instanceId, OrchestrationRuntimeStatus status)
    : InvalidOperationException($"The orchestration instance '{instanceId}' is finished ({status}) and takes nothing more.")
{
    /// <summary>The instance.</summary>
    public string InstanceId { get; } = instanceId;

    /// <summary>The status it finished with.</summary>
    public OrchestrationRuntimeStatus Status { get; } = status;
}
