using System.Globalization;
using DurableTask;

namespace OrchestratorFunctions.Instances;

/// <summary>Which finished instances to delete.</summary>
/// <param name="Id">One of them, and nothing beside it; null: those that the rest names.</param>
/// <param name="OlderThan">Created longer ago than this: <c>30d</c>, <c>12h</c> or <c>45m</c>.</param>
/// <param name="Status">Completed, Failed or Terminated; null or empty: all of them.</param>
/// <param name="Prefix">The beginning of the ids, not empty: every id begins so.</param>
/// <param name="DryRun">Count, delete none.</param>
internal sealed record PurgeRequest(string? Id, string? OlderThan, IReadOnlyList<OrchestrationRuntimeStatus>? Status, string? Prefix, bool DryRun)
{
    private static readonly OrchestrationRuntimeStatus[] Ends = [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public string? Fault() =>
        OlderThan is not null && Age(OlderThan) is null ? $"older-than is a number with d, h or m, such as 30d: not '{OlderThan}'."
        : Prefix is "" ? "prefix is empty: all ids begin so."
        : Id is null == (OlderThan is null && Prefix is null) ? "Say which: an id, or older-than or prefix, and not both."
        : Id is not null && Status is { Count: > 0 } ? "An id is deleted whatever its status: leave status out."
        : Status?.Except(Ends).Any() == true ? "status is Completed, Failed or Terminated: others are not finished."
        : null;

    /// <summary>Deletes them, or counts them; says how many.</summary>
    /// <exception cref="OrchestrationNotFoundException">There is no instance <see cref="Id"/>.</exception>
    /// <exception cref="InvalidOperationException">It is not finished.</exception>
    public async Task<int> RunAsync(DurableTaskClient client, DateTimeOffset now, CancellationToken cancellationToken)
    {
        DateTimeOffset? before = OlderThan is null ? null : now - Age(OlderThan)!.Value;
        var statuses = Status is { Count: > 0 } some ? some : Ends;
        return Id is not null ? await OneAsync(client, Id, cancellationToken)
            : DryRun ? await CountAsync(client, before, statuses, cancellationToken)
            : (await client.PurgeAllInstancesAsync(new PurgeInstancesFilter(null, before, statuses) { InstanceIdPrefix = Prefix }, cancellationToken)).PurgedInstanceCount;
    }

    private async Task<int> OneAsync(DurableTaskClient client, string id, CancellationToken cancellationToken)
    {
        var one = await client.GetInstanceAsync(id, cancellationToken) ?? throw new OrchestrationNotFoundException(id);
        return !one.IsCompleted ? throw new InvalidOperationException($"The orchestration instance '{id}' is not finished ({one.RuntimeStatus}) and stays.")
            : DryRun ? 1
            : (await client.PurgeInstanceAsync(id, cancellationToken)).PurgedInstanceCount;
    }

    private async Task<int> CountAsync(DurableTaskClient client, DateTimeOffset? before, IReadOnlyList<OrchestrationRuntimeStatus> statuses, CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var page in client.GetAllInstancesAsync(new OrchestrationQuery(null, before, statuses, Prefix, PageSize: 500)).AsPages().WithCancellation(cancellationToken))
        {
            count += page.Values.Count;
        }

        return count;
    }

    private static TimeSpan? Age(string text) =>
        text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 36500 ? null : text[^1] switch
        {
            'd' => TimeSpan.FromDays(number),
            'h' => TimeSpan.FromHours(number),
            'm' => TimeSpan.FromMinutes(number),
            _ => null,
        };
}
