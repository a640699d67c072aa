using System.Globalization;
using DurableTask;

namespace OrchestratorFunctions.Instances;

/// <summary>Which finished instances to delete.</summary>
/// <param name="Id">One of them; null: those that the rest names.</param>
/// <param name="OlderThan">Created longer ago than this: <c>30d</c>, <c>12h</c> or <c>45m</c>.</param>
/// <param name="Status">Completed, Failed or Terminated; null or empty: all of them.</param>
/// <param name="Prefix">The beginning of the ids.</param>
/// <param name="DryRun">Count, delete none.</param>
internal sealed record PurgeRequest(string? Id, string? OlderThan, IReadOnlyList<OrchestrationRuntimeStatus>? Status, string? Prefix, bool DryRun)
{
    private static readonly OrchestrationRuntimeStatus[] Ends = [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public string? Fault() =>
        OlderThan is not null && Age(OlderThan) is null ? $"older-than is a number with d, h or m, such as 30d: not '{OlderThan}'."
        : Id is null == (OlderThan is null && Prefix is null) ? "Say which: an id, or older-than or prefix, and not both."
        : Status?.Except(Ends).Any() == true ? "status is Completed, Failed or Terminated: others are not finished."
        : null;

    /// <summary>Deletes them, or counts them; says how many.</summary>
    public async Task<int> RunAsync(DurableTaskClient client, DateTimeOffset now, CancellationToken cancellationToken)
    {
        DateTimeOffset? before = OlderThan is null ? null : now - Age(OlderThan)!.Value;
        var statuses = Status is { Count: > 0 } some ? some : Ends;
        return DryRun ? await CountAsync(client, before, statuses, cancellationToken)
            : Id is not null ? (await client.PurgeInstanceAsync(Id, cancellationToken)).PurgedInstanceCount
            : (await client.PurgeAllInstancesAsync(new PurgeInstancesFilter(null, before, statuses) { InstanceIdPrefix = Prefix }, cancellationToken)).PurgedInstanceCount;
    }

    private async Task<int> CountAsync(DurableTaskClient client, DateTimeOffset? before, IReadOnlyList<OrchestrationRuntimeStatus> statuses, CancellationToken cancellationToken)
    {
        if (Id is not null)
        {
            return await client.GetInstanceAsync(Id, cancellationToken) is { IsCompleted: true } ? 1 : 0;
        }

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
