namespace DurableTask;

/// <summary>Which finished instances to delete. What is null or empty does not limit; running instances are never met.</summary>
/// <param name="CreatedFrom">Created then or later.</param>
/// <param name="CreatedTo">Created then or earlier: purging by age is a time in the past here.</param>
/// <param name="Statuses">How they finished; a status that is none of an end meets nothing.</param>
public sealed record PurgeInstancesFilter(
    DateTimeOffset? CreatedFrom = null, DateTimeOffset? CreatedTo = null, IEnumerable<OrchestrationRuntimeStatus>? Statuses = null)
{
    /// <summary>The beginning of their ids; null or empty = any.</summary>
    public string? InstanceIdPrefix { get; init; }

    /// <summary>How long the purge may take before it stops between two portions; null = as long as it needs.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>How far a purge goes.</summary>
/// <param name="Recursive">Whether the finished children of what is deleted go too, and theirs. Default: they do not.</param>
public sealed record PurgeInstanceOptions(bool Recursive = false);

/// <summary>What a purge has deleted.</summary>
/// <param name="PurgedInstanceCount">How many instances.</param>
/// <param name="IsComplete">Whether those were all; false when its time was up; null when the store does not say.</param>
public sealed record PurgeResult(int PurgedInstanceCount, bool? IsComplete = null);
