using System.Runtime.CompilerServices;
using System.Text.Json;
using DurableTask.PostgreSql.Client;
using DurableTask.PostgreSql.Hub;
using DurableTask.PostgreSql.Instances;
using DurableTask.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DurableTask.PostgreSql;

/// <summary>The client of the embedded task hub. It works in any process that reaches the database, with or without a worker in it.</summary>
public sealed class PostgresDurableTaskClient : DurableTaskClient
{
    private static readonly JsonSerializerOptions FailureJson = new(JsonSerializerDefaults.Web);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource database;
    private readonly DurableTaskRegistry registry;
    private readonly Wakeups wakeups;
    private readonly TimeProvider time;

    internal PostgresDurableTaskClient(NpgsqlDataSource database, DurableTaskRegistry registry, Wakeups wakeups, TimeProvider time) =>
        (this.database, this.registry, this.wakeups, this.time) = (database, registry, wakeups, time);

    /// <inheritdoc />
    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(orchestratorName.Name, nameof(orchestratorName));
        var now = time.GetUtcNow();
        var instanceId = options?.InstanceId ?? Guid.CreateVersion7(now).ToString("N");
        var generation = Guid.CreateVersion7(now).ToString("N");
        var json = DurableJson.Write(input);
        var started = InstanceStart.Event(orchestratorName, json, instanceId, generation, null, now);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        batch.Named(ClientSql.StartInstance).Parameters
            .Text(instanceId).Text(generation).Text(orchestratorName).Text(registry.NewestVersion(orchestratorName)).Text(json)
            .Time(now).Time(options?.StartAt ?? now).Bytes(started.ToByteArray());
        wakeups.NotifyOthers(batch, instances: true, activities: false);
        await batch.ExecuteNonQueryAsync(cancellation);
        wakeups.Instances.Set();
        wakeups.Timers.Set();
        return instanceId;
    }

    /// <inheritdoc />
    public override Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        return SendAsync(instanceId, one => one.EventRaised = new EventRaisedEvent { Name = eventName, Input = DurableJson.Write(eventPayload) }, null, cancellation);
    }

    /// <inheritdoc />
    public override Task TerminateInstanceAsync(string instanceId, object? output = null, bool recursive = true, CancellationToken cancellation = default) =>
        SendAsync(instanceId, one => one.ExecutionTerminated = new ExecutionTerminatedEvent { Input = DurableJson.Write(output), Recurse = recursive }, Also.UnparkAndBegin, cancellation);

    /// <inheritdoc />
    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, one => one.ExecutionSuspended = new ExecutionSuspendedEvent { Input = reason }, null, cancellation);

    /// <inheritdoc />
    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, one => one.ExecutionResumed = new ExecutionResumedEvent { Input = reason }, Also.Unpark, cancellation);

    /// <inheritdoc />
    public override async Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        await using var command = database.CreateCommand(ClientSql.GetInstance);
        command.Parameters.Text(instanceId).Flag(getInputsAndOutputs);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? Metadata(reader) : null;
    }

    /// <inheritdoc />
    public override async IAsyncEnumerable<OrchestrationMetadata> GetAllInstancesAsync(
        OrchestrationQuery? query = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        query ??= new OrchestrationQuery();
        await using var command = database.CreateCommand(ClientSql.ListInstances);
        command.Parameters.Flag(query.FetchInputsAndOutputs).Texts((query.Statuses ?? []).Select(status => status.ToString().ToUpperInvariant()))
            .Text(query.InstanceIdPrefix ?? "").Flag(query.ParkedOnly).Int(query.Limit);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            yield return Metadata(reader);
        }
    }

    /// <inheritdoc />
    public override async Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        for (var wait = TimeSpan.FromMilliseconds(25); ; wait = wait * 2 < LongestLook ? wait * 2 : LongestLook)
        {
            // Asked for before the look, so that an end between look and wait is not missed.
            var finished = wakeups.Finished(instanceId);
            var found = await GetInstanceAsync(instanceId, getInputsAndOutputs, cancellation) ?? throw new OrchestrationNotFoundException(instanceId);
            if (found.IsCompleted)
            {
                wakeups.SetFinished(instanceId);
                return found;
            }

            await Task.WhenAny(finished, Task.Delay(wait, time, cancellation));
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc />
    public override async Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default)
    {
        await using var command = database.CreateCommand(ClientSql.PurgeInstance);
        command.Parameters.Text(instanceId);
        return await command.ExecuteNonQueryAsync(cancellation) > 0;
    }

    private async Task SendAsync(string instanceId, Action<HistoryEvent> fill, Also? also, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var message = new HistoryEvent { EventId = -1, Timestamp = Timestamp.FromDateTimeOffset(now) };
        fill(message);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        if (also is not null)
        {
            // Before the message, which only shares the row: two at once would otherwise wait for each other.
            batch.Named(ClientSql.Unpark).Parameters.Text(instanceId).Time(now).Flag(also == Also.UnparkAndBegin);
        }

        batch.Named(ClientSql.RaiseEvent).Parameters.Text(instanceId).Bytes(message.ToByteArray());

        wakeups.NotifyOthers(batch, instances: true, activities: also is not null);
        await using (var reader = await batch.ExecuteReaderAsync(cancellation))
        {
            if (!await reader.ReadAsync(cancellation))
            {
                throw new OrchestrationNotFoundException(instanceId);
            }

            if (reader.GetBoolean(1))
            {
                throw new OrchestrationFinishedException(instanceId, Status(reader.GetString(0)));
            }
        }

        wakeups.Instances.Set();
        wakeups.Activities.Set();
    }

    private static OrchestrationMetadata Metadata(NpgsqlDataReader reader) => new(reader.GetString(1), reader.GetString(0))
    {
        Version = reader.TextOrNull(2) ?? "",
        RuntimeStatus = Status(reader.GetString(3)),
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(4),
        LastUpdatedAt = reader.GetFieldValue<DateTimeOffset>(5),
        ParentInstanceId = reader.TextOrNull(6),
        FailureDetails = reader.TextOrNull(7) is { } failure ? JsonSerializer.Deserialize<DurableTask.TaskFailureDetails>(failure, FailureJson) : null,
        ParkedReason = reader.TextOrNull(8),
        SerializedInput = reader.TextOrNull(9),
        SerializedOutput = reader.TextOrNull(10),
        SerializedCustomStatus = reader.TextOrNull(11),
    };

    private static OrchestrationRuntimeStatus Status(string text) => System.Enum.Parse<OrchestrationRuntimeStatus>(text, ignoreCase: true);

    private enum Also
    {
        Unpark,
        UnparkAndBegin,
    }
}
