namespace DurableTask;

/// <summary>Which instances to list. What is null or empty does not limit.</summary>
/// <param name="CreatedFrom">Created then or later.</param>
/// <param name="CreatedTo">Created then or earlier.</param>
/// <param name="Statuses">Their statuses.</param>
/// <param name="InstanceIdPrefix">The beginning of their ids.</param>
/// <param name="PageSize">Instances a page, above zero. Default 100.</param>
/// <param name="FetchInputsAndOutputs">Whether input, output and custom status are wanted. Default: they are not.</param>
/// <param name="ContinuationToken">Where an earlier listing left off (<see cref="Page{T}.ContinuationToken"/>); null = the beginning.</param>
public sealed record OrchestrationQuery(
    DateTimeOffset? CreatedFrom = null,
    DateTimeOffset? CreatedTo = null,
    IEnumerable<OrchestrationRuntimeStatus>? Statuses = null,
    string? InstanceIdPrefix = null,
    int PageSize = OrchestrationQuery.DefaultPageSize,
    bool FetchInputsAndOutputs = false,
    string? ContinuationToken = null)
{
    /// <summary>Instances a page when nothing is said: 100.</summary>
    public const int DefaultPageSize = 100;

    /// <summary>Only those the engine stopped working on. Default: all.</summary>
    public bool ParkedOnly { get; init; }
}
