using System.Diagnostics;
using DurableTask.PostgreSql.Client;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Hub;
using DurableTask.PostgreSql.Instances;
using DurableTask.Telemetry;
using DurableTask.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DurableTask.PostgreSql;

/// <summary>The client of the embedded task hub. It works in any process that reaches the database, with or without a worker in it.</summary>
public sealed class PostgresDurableTaskClient : DurableTaskClient
{
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource database;
    private readonly DurableTaskRegistry registry;
    private readonly IServiceProvider services;
    private readonly Wakeups wakeups;
    private readonly TimeProvider time;

    internal PostgresDurableTaskClient(NpgsqlDataSource database, DurableTaskRegistry registry, IServiceProvider services, Wakeups wakeups, TimeProvider time) =>
        (this.database, this.registry, this.services, this.wakeups, this.time) = (database, registry, services, wakeups, time);

    /// <inheritdoc />
    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(orchestratorName.Name, nameof(orchestratorName));
        var now = Parameters.Microseconds(time.GetUtcNow());
        var instanceId = options?.InstanceId ?? Guid.CreateVersion7(now).ToString("N");
        InstanceIds.Check(instanceId);
        var generation = Guid.CreateVersion7(now).ToString("N");
        var json = DurableJson.Write(input);
        using var span = Traces.Start(orchestratorName, instanceId);
        var started = InstanceStart.Event(orchestratorName, json, instanceId, generation, null, now, Traces.Context(span ?? Activity.Current));
        if (options?.StartAt is { } later)
        {
            started.ExecutionStarted.ScheduledStartTimestamp = Timestamp.FromDateTimeOffset(later);
        }

        var version = options?.Version?.Version ?? registry.NewestVersion(orchestratorName);
        var here = wakeups.Engine is { } running && version is not null && running.Knows(orchestratorName, version) ? running : null;
        if (here is not null && options is null or { StartAt: null, Tags.Count: 0, DedupeStatuses: null })
        {
            try
            {
                await here!.StartAsync(new InstanceState(instanceId, generation, orchestratorName, version, 0, null, now, now), started).WaitAsync(cancellation);
                return instanceId;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // The worker has just stopped; another one will take it.
                here = null;
            }
        }

        var replaceable = options.Replaceable();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        if (replaceable.Length > 0)
        {
            batch.Named(ClientSql.MakeRoom).Parameters.Text(instanceId).Texts(InstanceRows.Statuses(replaceable));
        }

        batch.Named(ClientSql.StartInstance).Parameters
            .Text(instanceId).Text(generation).Text(orchestratorName).Text(version).Text(json)
            .Time(now).Time(options?.StartAt ?? now).Bytes(started.ToByteArray()).Text(InstanceRows.Tags(options?.Tags));
        if (here is null)
        {
            batch.Named(Wakeups.Notify);
        }

        await batch.ExecuteNonQueryAsync(cancellation);
        wakeups.Mail.Set();
        wakeups.TimerAt(options?.StartAt ?? DateTimeOffset.MaxValue);
        return instanceId;
    }

    /// <inheritdoc />
    public override Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(eventName);
        return SendAsync(instanceId, one => one.EventRaised = new EventRaisedEvent { Name = eventName, Input = DurableJson.Write(eventPayload) }, TakeUp.Nothing, cancellation);
    }

    /// <inheritdoc />
    public override Task TerminateInstanceAsync(string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        var end = new ExecutionTerminatedEvent { Input = DurableJson.Write(options?.Output), Recurse = options?.Recursive ?? false };
        return SendAsync(instanceId, one => one.ExecutionTerminated = end, TakeUp.ParkedOrNotBegun, cancellation);
    }

    /// <inheritdoc />
    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, one => one.ExecutionSuspended = new ExecutionSuspendedEvent { Input = reason }, TakeUp.Nothing, cancellation);

    /// <inheritdoc />
    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, one => one.ExecutionResumed = new ExecutionResumedEvent { Input = reason }, TakeUp.Parked, cancellation);

    /// <inheritdoc />
    public override async Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        if (!InstanceIds.IsPossible(instanceId))
        {
            return null;
        }

        await using var command = database.CreateCommand(ClientSql.GetInstance);
        command.Parameters.Text(instanceId).Flag(getInputsAndOutputs);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? InstanceRows.Metadata(reader, getInputsAndOutputs) : null;
    }

    /// <inheritdoc />
    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null) => new InstanceList(database).Pages(filter ?? new OrchestrationQuery());

    /// <inheritdoc />
    public override async Task<OrchestrationMetadata> WaitForInstanceStartAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        for (var wait = TimeSpan.FromMilliseconds(5); ; wait = wait * 2 < LongestLook ? wait * 2 : LongestLook)
        {
            var found = await GetInstanceAsync(instanceId, getInputsAndOutputs, cancellation) ?? throw new OrchestrationNotFoundException(instanceId);
            if (found.RuntimeStatus != OrchestrationRuntimeStatus.Pending)
            {
                return found;
            }

            await Task.Delay(wait, time, cancellation);
        }
    }

    /// <inheritdoc />
    public override async Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        try
        {
            for (var wait = TimeSpan.FromMilliseconds(25); ; wait = wait * 2 < LongestLook ? wait * 2 : LongestLook)
            {
                // Asked for before the look, so that an end between look and wait is not missed. An instance in the memory of this process needs no look at first: it will tell,
                // unless another process has taken it over.
                var finished = wakeups.Finished(instanceId);
                if (wait < LongestLook && wakeups.Engine?.IsUnderWay(instanceId) == true)
                {
                    wait = LongestLook;
                }
                else if (await GetInstanceAsync(instanceId, getInputsAndOutputs, cancellation) is var found && (found ?? throw new OrchestrationNotFoundException(instanceId)).IsCompleted)
                {
                    return found;
                }

                if (await WithinAsync(finished, wait, cancellation) is { } end)
                {
                    return getInputsAndOutputs ? end : InstanceRows.WithoutInputsAndOutputs(end);
                }
            }
        }
        finally
        {
            // Nobody remembers those who gave up. Others who wait for the same instance look once more and wait on.
            wakeups.SetFinished(instanceId, null);
        }
    }

    /// <inheritdoc />
    public override async Task RewindInstanceAsync(string instanceId, string reason, CancellationToken cancellation = default)
    {
        await new Rewinding(database, registry, services, time.GetUtcNow(), reason).RunAsync(instanceId, cancellation);
        await using var notify = database.CreateCommand(Wakeups.Notify);
        await notify.ExecuteNonQueryAsync(cancellation);
        wakeups.All();
    }

    /// <inheritdoc />
    public override async Task<string> RestartAsync(string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default)
    {
        var old = await GetInstanceAsync(instanceId, getInputsAndOutputs: true, cancellation) ?? throw new OrchestrationNotFoundException(instanceId);
        var now = time.GetUtcNow();
        var newId = restartWithNewInstanceId ? Guid.CreateVersion7(now).ToString("N") : instanceId;
        var generation = Guid.CreateVersion7(now).ToString("N");
        var started = InstanceStart.Event(old.Name, old.SerializedInput, newId, generation, null, now, Traces.Context(Activity.Current));
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        if (!restartWithNewInstanceId)
        {
            batch.Named(PurgeSql.One).Parameters.Text(instanceId).Flag(false);
        }

        var start = batch.Named(ClientSql.StartInstance);
        start.Parameters
            .Text(newId).Text(generation).Text(old.Name).Text(registry.NewestVersion(old.Name)).Text(old.SerializedInput)
            .Time(now).Time(now).Bytes(started.ToByteArray()).Text(InstanceRows.Tags(old.Tags));
        batch.Named(Wakeups.Notify);
        await batch.ExecuteNonQueryAsync(cancellation);
        if (start.RecordsAffected == 0)
        {
            throw new InvalidOperationException($"The orchestration instance '{instanceId}' is not finished; it can be restarted only under a new id.");
        }

        wakeups.Mail.Set();
        return newId;
    }

    /// <inheritdoc />
    public override async Task<PurgeResult> PurgeInstanceAsync(string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        if (!InstanceIds.IsPossible(instanceId))
        {
            return new PurgeResult(0, IsComplete: true);
        }

        await using var command = database.CreateCommand(PurgeSql.One);
        command.Parameters.Text(instanceId).Flag(options?.Recursive ?? false);
        return new PurgeResult(await command.ExecuteNonQueryAsync(cancellation), IsComplete: true);
    }

    /// <inheritdoc />
    public override async Task<PurgeResult> PurgeAllInstancesAsync(PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        var since = time.GetTimestamp();
        for (var purged = 0; ;)
        {
            await using var command = database.CreateCommand(PurgeSql.Portion);
            command.Parameters.Time(filter.CreatedFrom).Time(filter.CreatedTo).Texts(InstanceRows.Statuses(filter.Statuses)).Text(filter.InstanceIdPrefix ?? "").Flag(options?.Recursive ?? false);
            var portion = await command.ExecuteNonQueryAsync(cancellation);
            purged += portion;
            if (portion == 0 || time.GetElapsedTime(since) >= filter.Timeout)
            {
                return new PurgeResult(purged, IsComplete: portion == 0);
            }
        }
    }

    /// <inheritdoc />
    public override async Task<OrchestrationHistory> GetOrchestrationHistoryAsync(string instanceId, CancellationToken cancellation = default)
    {
        if (!InstanceIds.IsPossible(instanceId))
        {
            throw new OrchestrationNotFoundException(instanceId);
        }

        await using var command = database.CreateCommand(ClientSql.GetHistory);
        command.Parameters.Text(instanceId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        List<HistoryEvent> events = [];
        var found = false;
        while (await reader.ReadAsync(cancellation))
        {
            found = true;
            if (!reader.IsDBNull(0))
            {
                events.AddRange(HistoryChunk.Parser.ParseFrom(reader.GetFieldValue<byte[]>(0)).Events);
            }
        }

        return found ? new OrchestrationHistory(instanceId, events) : throw new OrchestrationNotFoundException(instanceId);
    }

    private async Task<OrchestrationMetadata?> WithinAsync(Task<OrchestrationMetadata?> finished, TimeSpan wait, CancellationToken cancellation)
    {
        try
        {
            return await finished.WaitAsync(wait, time, cancellation);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private async Task SendAsync(string instanceId, Action<HistoryEvent> fill, TakeUp also, CancellationToken cancellation)
    {
        if (!InstanceIds.IsPossible(instanceId))
        {
            throw new OrchestrationNotFoundException(instanceId);
        }

        var now = time.GetUtcNow();
        var message = new HistoryEvent { EventId = -1, Timestamp = Timestamp.FromDateTimeOffset(now) };
        fill(message);
        if (also == TakeUp.Nothing && wakeups.Engine is { } engine)
        {
            await engine.TellAsync(instanceId, message).WaitAsync(cancellation);
            return;
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        if (also != TakeUp.Nothing)
        {
            // Before the message, which only shares the row: two at once would otherwise wait for each other.
            foreach (var statement in ClientSql.TakeUp)
            {
                batch.Named(statement).Parameters.Text(instanceId).Time(now).Flag(also == TakeUp.ParkedOrNotBegun);
            }
        }

        batch.Named(ClientSql.RaiseEvent).Parameters.Text(instanceId).Bytes(message.ToByteArray()).Time(now);

        batch.Named(Wakeups.Notify);
        await using (var reader = await batch.ExecuteReaderAsync(cancellation))
        {
            if (!await reader.ReadAsync(cancellation))
            {
                throw new OrchestrationNotFoundException(instanceId);
            }

            if (reader.GetBoolean(1))
            {
                throw new OrchestrationFinishedException(instanceId, InstanceRows.Status(reader.GetString(0)));
            }
        }

        wakeups.Mail.Set();
        wakeups.Activities.Set();
    }

    // What is brought on together with a message.
    private enum TakeUp
    {
        Nothing,
        Parked,
        ParkedOrNotBegun,
    }
}
