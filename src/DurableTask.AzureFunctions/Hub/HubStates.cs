using DurableTask.Wire;
using Google.Protobuf.WellKnownTypes;

namespace DurableTask.AzureFunctions;

// Instances and queries between the programming model and the extension's messages.
internal static class HubStates
{
    private static readonly OrchestrationRuntimeStatus[] AllEnds = [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Canceled, OrchestrationRuntimeStatus.Terminated];

    public static OrchestrationMetadata Metadata(OrchestrationState state, bool withInputsAndOutputs) => new(state.Name, state.InstanceId)
    {
        RuntimeStatus = (OrchestrationRuntimeStatus)state.OrchestrationStatus,
        Version = state.Version ?? "",
        CreatedAt = state.CreatedTimestamp?.ToDateTimeOffset() ?? default,
        LastUpdatedAt = state.LastUpdatedTimestamp?.ToDateTimeOffset() ?? default,
        ParentInstanceId = string.IsNullOrEmpty(state.ParentInstanceId) ? null : state.ParentInstanceId,
        Tags = state.Tags.ToDictionary(StringComparer.Ordinal),
        FailureDetails = state.FailureDetails is { } failure ? Failures.From(failure) : null,
        HasInputsAndOutputs = withInputsAndOutputs,
        SerializedInput = withInputsAndOutputs ? state.Input : null,
        SerializedOutput = withInputsAndOutputs ? state.Output : null,
        SerializedCustomStatus = withInputsAndOutputs ? state.CustomStatus : null,
    };

    public static QueryInstancesRequest Query(OrchestrationQuery query, string? token, int size)
    {
        var wanted = new InstanceQuery
        {
            CreatedTimeFrom = Time(query.CreatedFrom),
            CreatedTimeTo = Time(query.CreatedTo),
            MaxInstanceCount = size,
            ContinuationToken = token,
            InstanceIdPrefix = string.IsNullOrEmpty(query.InstanceIdPrefix) ? null : query.InstanceIdPrefix,
            FetchInputsAndOutputs = query.FetchInputsAndOutputs,
        };
        wanted.RuntimeStatus.AddRange((query.Statuses ?? []).Select(status => (OrchestrationStatus)status));
        return new QueryInstancesRequest { Query = wanted };
    }

    // Null when the filter can meet no finished instance.
    public static PurgeInstanceFilter? Purge(PurgeInstancesFilter filter)
    {
        var ends = Ends(filter.Statuses);
        if (ends.Length == 0)
        {
            return null;
        }

        var wanted = new PurgeInstanceFilter
        {
            // The extension wants a beginning.
            CreatedTimeFrom = Time(filter.CreatedFrom ?? DateTimeOffset.UnixEpoch),
            CreatedTimeTo = Time(filter.CreatedTo),
            Timeout = filter.Timeout is { } limit ? Duration.FromTimeSpan(limit) : null,
        };
        wanted.RuntimeStatus.AddRange(ends.Select(status => (OrchestrationStatus)status));
        return wanted;
    }

    public static OrchestrationRuntimeStatus[] Ends(IEnumerable<OrchestrationRuntimeStatus>? statuses)
    {
        OrchestrationRuntimeStatus[] asked = [.. statuses ?? []];
        return asked.Length == 0 ? AllEnds : [.. asked.Intersect(AllEnds)];
    }

    private static Timestamp? Time(DateTimeOffset? at) => at is { } time ? Timestamp.FromDateTimeOffset(time) : null;
}
