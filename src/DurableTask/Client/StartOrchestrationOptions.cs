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

    /// <summary>The names of the states in which an instance of this id is left as it is and nothing is started. A finished instance in any other state is deleted with its history, its
    /// children not, and the new one takes its place (on PostgreSQL in one transaction); one that is not finished always stays. Null = all states: starting is idempotent by instance id, so that a start that is repeated
    /// because its answer was lost cannot do the work twice. <em>Durable Functions replaces finished instances by default; here it must be asked for.</em></summary>
    public IReadOnlyList<string>? DedupeStatuses { get; init; }
}

/// <summary>Says how an instance is started.</summary>
public static class StartOrchestrationOptionsExtensions
{
    /// <summary>Sets <see cref="StartOrchestrationOptions.DedupeStatuses"/>. Without any, each finished instance of the id is replaced, as a singleton wants it
    /// (https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-singletons).</summary>
    /// <param name="options">What is set already.</param>
    /// <param name="dedupeStatuses">The states in which nothing is started.</param>
    /// <returns>A copy with the states.</returns>
    public static StartOrchestrationOptions WithDedupeStatuses(this StartOrchestrationOptions options, params OrchestrationRuntimeStatus[] dedupeStatuses) =>
        options with { DedupeStatuses = [.. dedupeStatuses.Select(status => status.ToString())] };

    // The states of an instance whose place a new one takes.
    internal static OrchestrationRuntimeStatus[] Replaceable(this StartOrchestrationOptions? options)
    {
        if (options?.DedupeStatuses is not { } kept)
        {
            return [];
        }

        var statuses = kept.Select(name => Enum.TryParse<OrchestrationRuntimeStatus>(name, ignoreCase: true, out var status) && Enum.IsDefined(status)
            ? status
            : throw new ArgumentException($"'{name}' is not a state of an instance. Known: {string.Join(", ", Enum.GetNames<OrchestrationRuntimeStatus>())}.", nameof(options)));
        return [.. new[] { OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated }.Except(statuses)];
    }
}

/// <summary>How an instance is ended from outside.</summary>
/// <param name="Output">What becomes its output, written as JSON; null = none.</param>
/// <param name="Recursive">Whether its running children are ended too. Default: they are not.</param>
public sealed record TerminateInstanceOptions(object? Output = null, bool Recursive = false);
