using DurableTask.Wire;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DurableTask.AzureFunctions;

using Hub = TaskHubSidecarService.TaskHubSidecarServiceClient;

/// <summary>The task hub of the host's Durable Task extension. Calls wait a short while for a hub that restarts, and throw
/// <see cref="HubUnavailableException"/> when it does not come back.</summary>
public sealed class FunctionsDurableTaskClient : DurableTaskClient
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);
    private readonly HubConnection hub;
    private readonly DurableTaskRegistry registry;
    private readonly TimeProvider time;

    internal FunctionsDurableTaskClient(HubConnection hub, DurableTaskRegistry registry, TimeProvider time) => (this.hub, this.registry, this.time) = (hub, registry, time);

    /// <inheritdoc />
    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(orchestratorName.Name, nameof(orchestratorName));
        var id = options?.InstanceId ?? Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        InstanceIds.Check(id);
        var version = options?.Version?.Version ?? registry.NewestVersion(orchestratorName);
        var request = new CreateInstanceRequest
        {
            InstanceId = id,
            Name = orchestratorName,
            Input = DurableJson.Write(input),
            Version = string.IsNullOrEmpty(version) ? null : version,
            ScheduledStartTimestamp = options?.StartAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
            // Be it empty: without it a finished instance of that id would silently begin again.
            OrchestrationIdReusePolicy = new OrchestrationIdReusePolicy { ReplaceableStatus = { options.Replaceable().Select(status => (OrchestrationStatus)status) } },
        };
        request.Tags.Add(options?.Tags.ToDictionary() ?? []);
        try
        {
            await hub.CallAsync(request, (Hub service, CallOptions call) => service.StartInstanceAsync(request, call).ResponseAsync, cancellation);
        }
        catch (RpcException fault) when (fault.StatusCode == StatusCode.AlreadyExists)
        {
            // Starting is idempotent by instance id.
        }

        return id;
    }

    /// <inheritdoc />
    public override Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        var request = new RaiseEventRequest { InstanceId = instanceId, Name = eventName, Input = DurableJson.Write(eventPayload) };
        return OnInstanceAsync(instanceId, request, (service, call) => service.RaiseEventAsync(request, call).ResponseAsync, cancellation);
    }

    /// <inheritdoc />
    public override async Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        var request = new GetInstanceRequest { InstanceId = instanceId, GetInputsAndOutputs = getInputsAndOutputs };
        try
        {
            var found = await hub.CallAsync(request, (Hub service, CallOptions call) => service.GetInstanceAsync(request, call).ResponseAsync, cancellation);
            return found.Exists ? HubStates.Metadata(found.OrchestrationState, getInputsAndOutputs) : null;
        }
        catch (RpcException missing) when (missing.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <inheritdoc />
    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null)
    {
        var query = filter ?? new OrchestrationQuery();
        return new Pages<OrchestrationMetadata>(query.ContinuationToken, query.PageSize, async (token, size, cancellation) =>
        {
            // This hub parks nothing: what its worker cannot do stays in its queues.
            if (query.ParkedOnly)
            {
                return new Page<OrchestrationMetadata>([]);
            }

            var request = HubStates.Query(query, token, size);
            var found = await hub.CallAsync(request, (Hub service, CallOptions call) => service.QueryInstancesAsync(request, call).ResponseAsync, cancellation);
            return new Page<OrchestrationMetadata>(
                [.. found.OrchestrationState.Select(one => HubStates.Metadata(one, query.FetchInputsAndOutputs))], string.IsNullOrEmpty(found.ContinuationToken) ? null : found.ContinuationToken);
        });
    }

    /// <inheritdoc />
    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, getInputsAndOutputs, one => one.RuntimeStatus != OrchestrationRuntimeStatus.Pending, (service, request, call) => service.WaitForInstanceStartAsync(request, call).ResponseAsync, cancellation);

    /// <inheritdoc />
    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, getInputsAndOutputs, one => one.IsCompleted, (service, request, call) => service.WaitForInstanceCompletionAsync(request, call).ResponseAsync, cancellation);

    /// <inheritdoc />
    public override Task TerminateInstanceAsync(string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        var request = new TerminateRequest { InstanceId = instanceId, Output = DurableJson.Write(options?.Output), Recursive = options?.Recursive ?? false };
        return OnInstanceAsync(instanceId, request, (service, call) => service.TerminateInstanceAsync(request, call).ResponseAsync, cancellation);
    }

    /// <inheritdoc />
    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        var request = new SuspendRequest { InstanceId = instanceId, Reason = reason };
        return OnInstanceAsync(instanceId, request, (service, call) => service.SuspendInstanceAsync(request, call).ResponseAsync, cancellation);
    }

    /// <inheritdoc />
    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        var request = new ResumeRequest { InstanceId = instanceId, Reason = reason };
        return OnInstanceAsync(instanceId, request, (service, call) => service.ResumeInstanceAsync(request, call).ResponseAsync, cancellation);
    }

    /// <inheritdoc />
    public override async Task RewindInstanceAsync(string instanceId, string reason, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        var found = await GetInstanceAsync(instanceId, false, cancellation) ?? throw new OrchestrationNotFoundException(instanceId);
        if (found.RuntimeStatus != OrchestrationRuntimeStatus.Failed)
        {
            throw new InvalidOperationException($"The orchestration instance '{instanceId}' has not failed ({found.RuntimeStatus}), so there is nothing to take back.");
        }

        var request = new RewindInstanceRequest { InstanceId = instanceId, Reason = reason };
        try
        {
            await hub.CallAsync(request, (Hub service, CallOptions call) => service.RewindInstanceAsync(request, call).ResponseAsync, cancellation);
        }
        catch (RpcException fault) when (fault.StatusCode == StatusCode.FailedPrecondition)
        {
            // Somebody else took it back in between.
            throw new InvalidOperationException($"The orchestration instance '{instanceId}' is not failed any more.", fault);
        }

        // Of an instance that had failed children the extension wakes these only; and to none it says what it missed.
        await new Recovery(this).MakeGoodAsync(instanceId, cancellation);
    }

    /// <inheritdoc />
    public override async Task<string> RestartAsync(string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default)
    {
        var request = new RestartInstanceRequest { InstanceId = instanceId, RestartWithNewInstanceId = restartWithNewInstanceId };
        try
        {
            return (await hub.CallAsync(request, (Hub service, CallOptions call) => service.RestartInstanceAsync(request, call).ResponseAsync, cancellation)).InstanceId;
        }
        catch (RpcException fault) when (fault.StatusCode == StatusCode.NotFound)
        {
            throw new OrchestrationNotFoundException(instanceId);
        }
        catch (RpcException fault) when (fault.StatusCode == StatusCode.FailedPrecondition)
        {
            throw new InvalidOperationException($"The orchestration instance '{instanceId}' is not finished, and its place cannot be taken.", fault);
        }
    }

    /// <inheritdoc />
    public override async Task<PurgeResult> PurgeInstanceAsync(string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        // The extension would delete a running one as well.
        if (await GetInstanceAsync(instanceId, false, cancellation) is not { IsCompleted: true })
        {
            return new PurgeResult(0, IsComplete: true);
        }

        // Whatever it is told of children, the extension deletes this one only, and nothing but its history knows them. They go first, so that a purge that is cut short can be repeated.
        var children = 0;
        foreach (var child in options is { Recursive: true } ? await ChildrenAsync(instanceId, cancellation) : [])
        {
            children += (await PurgeInstanceAsync(child, options, cancellation)).PurgedInstanceCount;
        }

        var one = await PurgeAsync(new PurgeInstancesRequest { InstanceId = instanceId, IsOrchestration = true }, cancellation);
        return new PurgeResult(children + one.PurgedInstanceCount, one.IsComplete);
    }

    /// <inheritdoc />
    public override async Task<PurgeResult> PurgeAllInstancesAsync(PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        if (HubStates.Purge(filter) is not { } ends)
        {
            return new PurgeResult(0, IsComplete: true);
        }

        if (string.IsNullOrEmpty(filter.InstanceIdPrefix))
        {
            return await PurgeAsync(new PurgeInstancesRequest { PurgeInstanceFilter = ends, Recursive = options?.Recursive ?? false, IsOrchestration = true }, cancellation);
        }

        // The extension's filter knows no prefix, its query does.
        var end = filter.Timeout is { } limit ? time.GetUtcNow() + limit : DateTimeOffset.MaxValue;
        var purged = 0;
        var query = new OrchestrationQuery(filter.CreatedFrom, filter.CreatedTo, HubStates.Ends(filter.Statuses), filter.InstanceIdPrefix);
        await foreach (var one in GetAllInstancesAsync(query).WithCancellation(cancellation))
        {
            if (time.GetUtcNow() >= end)
            {
                return new PurgeResult(purged, IsComplete: false);
            }

            purged += (await PurgeInstanceAsync(one.InstanceId, options, cancellation)).PurgedInstanceCount;
        }

        return new PurgeResult(purged, IsComplete: true);
    }

    /// <inheritdoc />
    public override async Task<OrchestrationHistory> GetOrchestrationHistoryAsync(string instanceId, CancellationToken cancellation = default)
    {
        var request = new StreamInstanceHistoryRequest { InstanceId = instanceId };
        try
        {
            var events = await hub.CallAsync(request, async (Hub service, CallOptions call) =>
            {
                List<HistoryEvent> read = [];
                using var stream = service.StreamInstanceHistory(request, call);
                await foreach (var chunk in stream.ResponseStream.ReadAllAsync(call.CancellationToken))
                {
                    read.AddRange(chunk.Events);
                }

                return read;
            }, cancellation);
            return new OrchestrationHistory(instanceId, events);
        }
        catch (RpcException fault) when (fault.StatusCode == StatusCode.NotFound)
        {
            throw new OrchestrationNotFoundException(instanceId);
        }
    }

    private async Task<IReadOnlyList<string>> ChildrenAsync(string instanceId, CancellationToken cancellation)
    {
        try
        {
            return [.. (await GetOrchestrationHistoryAsync(instanceId, cancellation)).Events.Select(one => one.SubOrchestrationInstanceCreated?.InstanceId).OfType<string>().Distinct()];
        }
        catch (OrchestrationNotFoundException)
        {
            // Somebody else deletes it at this moment.
            return [];
        }
    }

    private async Task<PurgeResult> PurgeAsync(PurgeInstancesRequest request, CancellationToken cancellation)
    {
        try
        {
            var purged = await hub.CallAsync(request, (Hub service, CallOptions call) => service.PurgeInstancesAsync(request, call).ResponseAsync, cancellation);
            return new PurgeResult(purged.DeletedInstanceCount, purged.IsComplete);
        }
        catch (RpcException fault) when (fault.StatusCode == StatusCode.NotFound)
        {
            return new PurgeResult(0, IsComplete: true);
        }
    }

    private async Task OnInstanceAsync<T>(string instanceId, Google.Protobuf.IMessage request, Func<Hub, CallOptions, Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            await hub.CallAsync(request, call, cancellation);
        }
        catch (RpcException fault) when (fault.StatusCode == StatusCode.NotFound)
        {
            throw new OrchestrationNotFoundException(instanceId);
        }
        catch (RpcException fault) when (fault.StatusCode == StatusCode.FailedPrecondition)
        {
            var found = await GetInstanceAsync(instanceId, false, cancellation) ?? throw new OrchestrationNotFoundException(instanceId);
            throw new OrchestrationFinishedException(instanceId, found.RuntimeStatus);
        }
    }

    // The service holds the call until then; a host that restarts drops it, so it is asked in portions.
    private async Task<OrchestrationMetadata> WaitAsync(
        string instanceId, bool getInputsAndOutputs, Func<OrchestrationMetadata, bool> isThere,
        Func<Hub, GetInstanceRequest, CallOptions, Task<GetInstanceResponse>> wait, CancellationToken cancellation)
    {
        var request = new GetInstanceRequest { InstanceId = instanceId, GetInputsAndOutputs = getInputsAndOutputs };
        while (true)
        {
            var found = await GetInstanceAsync(instanceId, getInputsAndOutputs, cancellation) ?? throw new OrchestrationNotFoundException(instanceId);
            if (isThere(found))
            {
                return found;
            }

            try
            {
                await hub.CallAsync(request, (Hub service, CallOptions call) => wait(service, request, call), cancellation, LongestWait);
            }
            catch (RpcException fault) when (fault.StatusCode is StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.NotFound)
            {
                // Looked at again.
            }
        }
    }
}
