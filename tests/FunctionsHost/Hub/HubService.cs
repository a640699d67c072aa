using DurableTask.Wire;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace FunctionsHost.Hub;

// The extension's gRPC service over the hub, with the answers that were seen of it.
internal sealed class HubService(TaskHub hub) : TaskHubSidecarService.TaskHubSidecarServiceBase
{
    public override Task<Empty> Hello(Empty request, ServerCallContext context) => Task.FromResult(new Empty());

    public override Task<CreateInstanceResponse> StartInstance(CreateInstanceRequest request, ServerCallContext context) =>
        // Without a reuse policy a finished instance silently begins again.
        hub.Start(request.InstanceId, request.Name, request.Version, request.Input, request.OrchestrationIdReusePolicy?.ReplaceableStatus) is null
            ? throw Refusal(StatusCode.AlreadyExists, request.InstanceId)
            : Task.FromResult(new CreateInstanceResponse { InstanceId = request.InstanceId });

    public override Task<GetInstanceResponse> GetInstance(GetInstanceRequest request, ServerCallContext context) =>
        Task.FromResult(hub.With(all => all.TryGetValue(request.InstanceId, out var found)
            ? new GetInstanceResponse { Exists = true, OrchestrationState = found.State(request.GetInputsAndOutputs) }
            : new GetInstanceResponse { Exists = false }));

    public override Task<GetInstanceResponse> WaitForInstanceStart(GetInstanceRequest request, ServerCallContext context) => WaitAsync(request, one => one.Status != OrchestrationStatus.Pending, context);

    public override Task<GetInstanceResponse> WaitForInstanceCompletion(GetInstanceRequest request, ServerCallContext context) => WaitAsync(request, one => one.IsFinished, context);

    public override Task<RaiseEventResponse> RaiseEvent(RaiseEventRequest request, ServerCallContext context)
    {
        Tell(request.InstanceId, one => one.EventRaised = new EventRaisedEvent { Name = request.Name, Input = request.Input });
        return Task.FromResult(new RaiseEventResponse());
    }

    public override async Task<TerminateResponse> TerminateInstance(TerminateRequest request, ServerCallContext context)
    {
        Tell(request.InstanceId, one => one.ExecutionTerminated = new ExecutionTerminatedEvent { Input = request.Output, Recurse = request.Recursive });
        foreach (var child in request.Recursive ? Children(request.InstanceId) : [])
        {
            await TerminateInstance(new TerminateRequest { InstanceId = child, Output = request.Output, Recursive = true }, context);
        }

        return new TerminateResponse();
    }

    public override Task<SuspendResponse> SuspendInstance(SuspendRequest request, ServerCallContext context)
    {
        Tell(request.InstanceId, one => one.ExecutionSuspended = new ExecutionSuspendedEvent { Input = request.Reason });
        return Task.FromResult(new SuspendResponse());
    }

    public override Task<ResumeResponse> ResumeInstance(ResumeRequest request, ServerCallContext context)
    {
        Tell(request.InstanceId, one => one.ExecutionResumed = new ExecutionResumedEvent { Input = request.Reason });
        return Task.FromResult(new ResumeResponse());
    }

    public override Task<RewindInstanceResponse> RewindInstance(RewindInstanceRequest request, ServerCallContext context)
    {
        var instance = hub.Find(request.InstanceId) ?? throw Refusal(StatusCode.NotFound, request.InstanceId);
        hub.Rewind(instance.Status == OrchestrationStatus.Failed ? instance : throw Refusal(StatusCode.FailedPrecondition, request.InstanceId), request.Reason);
        return Task.FromResult(new RewindInstanceResponse());
    }

    public override Task<RestartInstanceResponse> RestartInstance(RestartInstanceRequest request, ServerCallContext context)
    {
        var old = hub.Find(request.InstanceId) ?? throw Refusal(StatusCode.NotFound, request.InstanceId);
        var id = request.RestartWithNewInstanceId ? Guid.NewGuid().ToString("N") : old.Id;
        return hub.Start(id, old.Name, old.Version, old.Input, replaceable: null) is null
            ? throw Refusal(StatusCode.FailedPrecondition, id)
            : Task.FromResult(new RestartInstanceResponse { InstanceId = id });
    }

    public override Task<QueryInstancesResponse> QueryInstances(QueryInstancesRequest request, ServerCallContext context) => Task.FromResult(hub.With(all =>
    {
        var query = request.Query;
        var after = query.ContinuationToken is { Length: > 0 } token ? int.Parse(token) : 0;
        var met = all.Values.Where(one => (query.RuntimeStatus.Count == 0 || query.RuntimeStatus.Contains(one.Status))
                && (query.InstanceIdPrefix is not { } prefix || one.Id.StartsWith(prefix, StringComparison.Ordinal))
                && (query.CreatedTimeFrom is not { } from || one.Created >= from.ToDateTimeOffset()) && (query.CreatedTimeTo is not { } to || one.Created <= to.ToDateTimeOffset()))
            .OrderByDescending(one => one.Created).Skip(after).ToArray();
        var page = met.Take(query.MaxInstanceCount > 0 ? query.MaxInstanceCount : 100).ToArray();
        var response = new QueryInstancesResponse { ContinuationToken = page.Length < met.Length ? $"{after + page.Length}" : null };
        response.OrchestrationState.AddRange(page.Select(one => one.State(query.FetchInputsAndOutputs)));
        return response;
    }));

    // Of a single instance it deletes whatever there is, running or not.
    public override Task<PurgeInstancesResponse> PurgeInstances(PurgeInstancesRequest request, ServerCallContext context)
    {
        string[] ids = request.RequestCase == PurgeInstancesRequest.RequestOneofCase.InstanceId
            ? [request.InstanceId]
            : hub.With(all => all.Values.Where(one => request.PurgeInstanceFilter.RuntimeStatus.Contains(one.Status) && one.Created >= request.PurgeInstanceFilter.CreatedTimeFrom.ToDateTimeOffset()
                && (request.PurgeInstanceFilter.CreatedTimeTo is not { } to || one.Created <= to.ToDateTimeOffset())).Select(one => one.Id).ToArray());
        return Task.FromResult(new PurgeInstancesResponse { DeletedInstanceCount = ids.Count(hub.Purge), IsComplete = true });
    }

    public override async Task StreamInstanceHistory(StreamInstanceHistoryRequest request, IServerStreamWriter<HistoryChunk> responseStream, ServerCallContext context)
    {
        var history = hub.With(all => all.TryGetValue(request.InstanceId, out var found) ? found.History.ToArray() : throw Refusal(StatusCode.NotFound, request.InstanceId));
        foreach (var part in history.Chunk(10))
        {
            var chunk = new HistoryChunk();
            chunk.Events.AddRange(part);
            await responseStream.WriteAsync(chunk);
        }
    }

    private void Tell(string id, Action<HistoryEvent> fill)
    {
        if (!hub.Send(id, TaskHub.Event(fill)))
        {
            throw Refusal(hub.Find(id) is null ? StatusCode.NotFound : StatusCode.FailedPrecondition, id);
        }
    }

    private string[] Children(string id) => hub.With(all => all.Values.Where(one => !one.IsFinished && one.Parent?.OrchestrationInstance.InstanceId == id).Select(one => one.Id).ToArray());

    private async Task<GetInstanceResponse> WaitAsync(GetInstanceRequest request, Func<HubInstance, bool> isThere, ServerCallContext context)
    {
        while (hub.Find(request.InstanceId) is not { } found || !isThere(found))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), context.CancellationToken);
        }

        return await GetInstance(request, context);
    }

    private static RpcException Refusal(StatusCode code, string id) => new(new Status(code, $"Instance '{id}'"));
}
