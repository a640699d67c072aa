using System.Collections.Immutable;

namespace DurableTask;

/// <summary>How an instance is started.</summary>
/// <param name="InstanceId">Its id, 1 to 450 characters; null = a new one.</param>
/// <param name="StartAt">When it begins at the earliest; null = now.</param>
public sealed record StartOrchestrationOptions(string? InstanceId = null, DateTimeOffset? StartAt = null)
{
    /// <summary>Words for whoever looks at instances; the engine gives them no meaning. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The version of the orchestrator that runs it; null = the newest one registered.</summary>
    public TaskVersion? Version { get; init; }
}

/// <summary>How an instance is ended from outside.</summary>
/// <param name="Output">What becomes its output, written as JSON; null = none.</param>
/// <param name="Recursive">Whether its running children are ended too. Default: they are not.</param>
public sealed record TerminateInstanceOptions(object? Output = null, bool Recursive = false);
