using System.Collections.Immutable;

namespace DurableTask;

/// <summary>Where an instance is in its life.</summary>
public enum OrchestrationRuntimeStatus
{
    /// <summary>Begun and not finished; usually it waits.</summary>
    Running,

    /// <summary>Finished with a result.</summary>
    Completed,

    /// <summary>Between two generations of itself. Not seen from outside.</summary>
    ContinuedAsNew,

    /// <summary>An exception left the orchestrator, or its code and history disagree.</summary>
    Failed,

    /// <summary>Cancelled. Not used by this engine.</summary>
    Canceled,

    /// <summary>Ended from outside.</summary>
    Terminated,

    /// <summary>Created, not begun.</summary>
    Pending,

    /// <summary>Held from outside; what arrives is kept.</summary>
    Suspended,
}

/// <summary>What is known about an instance.</summary>
/// <param name="Name">The orchestrator's registered name.</param>
/// <param name="InstanceId">The instance.</param>
public sealed record OrchestrationMetadata(string Name, string InstanceId)
{
    /// <summary>Where the instance is in its life.</summary>
    public OrchestrationRuntimeStatus RuntimeStatus { get; init; }

    /// <summary>The version it runs; empty when it has none or has not begun.</summary>
    public string Version { get; init; } = "";

    /// <summary>When it was created, UTC.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last made a step, UTC.</summary>
    public DateTimeOffset LastUpdatedAt { get; init; }

    /// <summary>The id of the instance that started it, if one did.</summary>
    public string? ParentInstanceId { get; init; }

    /// <summary>The tags it was started with.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Whether input, output and custom status were asked for and may be read.</summary>
    public bool HasInputsAndOutputs { get; init; }

    /// <summary>The input as JSON, when asked for.</summary>
    public string? SerializedInput { get; init; }

    /// <summary>The result as JSON, when asked for and finished.</summary>
    public string? SerializedOutput { get; init; }

    /// <summary>The custom status as JSON, when asked for.</summary>
    public string? SerializedCustomStatus { get; init; }

    /// <summary>Why it failed.</summary>
    public TaskFailureDetails? FailureDetails { get; init; }

    /// <summary>Why the engine stopped working on it after too many attempts; null = it has not. Resuming the instance tries again.</summary>
    public string? ParkedReason { get; init; }

    /// <summary>Whether it has begun, is not finished and is not held.</summary>
    public bool IsRunning => RuntimeStatus == OrchestrationRuntimeStatus.Running;

    /// <summary>Whether it is finished, however.</summary>
    public bool IsCompleted => RuntimeStatus is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed
        or OrchestrationRuntimeStatus.Terminated or OrchestrationRuntimeStatus.Canceled;

    /// <summary>Reads the input.</summary>
    /// <typeparam name="T">The type to read it as.</typeparam>
    /// <exception cref="InvalidOperationException">It was not asked for.</exception>
    public T? ReadInputAs<T>() => Read<T>(SerializedInput);

    /// <summary>Reads the result.</summary>
    /// <typeparam name="T">The type to read it as.</typeparam>
    /// <exception cref="InvalidOperationException">It was not asked for.</exception>
    public T? ReadOutputAs<T>() => Read<T>(SerializedOutput);

    /// <summary>Reads the custom status.</summary>
    /// <typeparam name="T">The type to read it as.</typeparam>
    /// <exception cref="InvalidOperationException">It was not asked for.</exception>
    public T? ReadCustomStatusAs<T>() => Read<T>(SerializedCustomStatus);

    private T? Read<T>(string? json) => HasInputsAndOutputs
        ? DurableJson.Read<T>(json)
        : throw new InvalidOperationException($"Inputs and outputs of '{InstanceId}' were not asked for: pass getInputsAndOutputs: true, or FetchInputsAndOutputs in a query.");
}
