using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Instances;
using DurableTask.Replay;
using DurableTask.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DurableTask.PostgreSql.Client;

// Takes a failed instance back to before its failure, and with it the failed children it waits for: all of them or none.
internal sealed class Rewinding(NpgsqlDataSource database, DurableTaskRegistry registry, IServiceProvider services, DateTimeOffset now, string reason)
{
    public async Task RunAsync(string instanceId, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await RewindAsync(connection, instanceId, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private async Task RewindAsync(NpgsqlConnection connection, string instanceId, CancellationToken cancellation)
    {
        if (!InstanceIds.IsPossible(instanceId))
        {
            throw new OrchestrationNotFoundException(instanceId);
        }

        var generation = await LockAsync(connection, instanceId, cancellation);
        var history = await HistoryAsync(connection, instanceId, cancellation);
        var plan = Plan(instanceId, history);
        List<HistoryEvent> inbox = [.. plan.Inbox];
        await using var batch = new NpgsqlBatch(connection);
        batch.Named(RewindSql.ForgetSteps).Parameters.Text(instanceId).Int(plan.Steps.Count);
        foreach (var (kept, step) in plan.Steps.Select((kept, step) => (kept, step)).Where(one => one.kept.Count != history[one.step].Count))
        {
            batch.Named(RewindSql.ChangeStep).Parameters.Text(instanceId).Int(step).Bytes(new HistoryChunk { Events = { kept } }.ToByteArray());
        }

        batch.Named(RewindSql.GoOn).Parameters.Text(instanceId).Time(now);
        batch.Named(RewindSql.ForgetCalls).Parameters.Text(instanceId).Text(generation).Ints(plan.OpenCalls.Select(call => call.Id));
        foreach (var call in plan.OpenCalls)
        {
            if (call.ScheduleTask is { } activity)
            {
                batch.Named(RewindSql.RunAgain).Parameters.Text(instanceId).Text(generation).Int(call.Id).Text(activity.Name).Text(activity.Input).Time(now).Bytes(plan.Trace?.ToByteArray());
            }
            else if (call.CreateTimer is { } timer)
            {
                batch.Named(RewindSql.WaitAgain).Parameters
                    .Text(instanceId).Text(generation).Int(call.Id).Time(timer.FireAt.ToDateTimeOffset()).Bytes(Outcomes.TimerFired(call.Id, timer.FireAt).ToByteArray());
            }
            else if (call.CreateSubOrchestration is { } child && await OutcomeAsync(connection, instanceId, call.Id, child, cancellation) is { } told)
            {
                inbox.Add(told);
            }
        }

        inbox.Add(new HistoryEvent { EventId = -1, Timestamp = Timestamp.FromDateTimeOffset(now), ExecutionRewound = new ExecutionRewoundEvent { Reason = reason } });
        batch.Named(RewindSql.TakeInAgain).Parameters.Text(instanceId).ManyBytes(inbox.Select(one => one.ToByteArray())).Time(now);
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private RewindPlan Plan(string instanceId, IReadOnlyList<IReadOnlyList<HistoryEvent>> history)
    {
        try
        {
            return RewindPlan.Make(registry, services, history);
        }
        catch (Exception fault) when (fault is UnknownTaskException or InvalidOperationException)
        {
            throw new InvalidOperationException($"The orchestration instance '{instanceId}' cannot be rewound. {fault.Message}", fault);
        }
    }

    // Returns the generation that failed.
    private static async Task<string> LockAsync(NpgsqlConnection connection, string instanceId, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(RewindSql.Lock, connection);
        command.Parameters.Text(instanceId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
        {
            throw new OrchestrationNotFoundException(instanceId);
        }

        return InstanceRows.Status(reader.GetString(0)) is var status && status == OrchestrationRuntimeStatus.Failed
            ? reader.GetString(1)
            : throw new InvalidOperationException($"The orchestration instance '{instanceId}' is {status}; only a failed one can be rewound.");
    }

    private static async Task<List<IReadOnlyList<HistoryEvent>>> HistoryAsync(NpgsqlConnection connection, string instanceId, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(RewindSql.Steps, connection);
        command.Parameters.Text(instanceId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        List<IReadOnlyList<HistoryEvent>> steps = [];
        while (await reader.ReadAsync(cancellation))
        {
            steps.Add(HistoryChunk.Parser.ParseFrom(reader.GetFieldValue<byte[]>(0)).Events);
        }

        return steps;
    }

    // What became of a child while nobody listened. Null: it is under way, perhaps again, and will tell by itself.
    private async Task<HistoryEvent?> OutcomeAsync(NpgsqlConnection connection, string parentId, int taskId, CreateSubOrchestrationAction child, CancellationToken cancellation)
    {
        var (status, output) = await ChildAsync(connection, parentId, child.InstanceId, cancellation);
        switch (status)
        {
            case OrchestrationRuntimeStatus.Failed:
                await RewindAsync(connection, child.InstanceId, cancellation);
                return null;
            case OrchestrationRuntimeStatus.Completed:
                return Outcomes.ChildEnded(child.Name, taskId, new CompleteOrchestrationAction { OrchestrationStatus = OrchestrationStatus.Completed, Result = output }, now);
            case OrchestrationRuntimeStatus.Terminated or null:
                return Outcomes.ChildEnded(child.Name, taskId, new CompleteOrchestrationAction { OrchestrationStatus = OrchestrationStatus.Terminated }, now);
            default:
                return null;
        }
    }

    private static async Task<(OrchestrationRuntimeStatus? Status, string? Output)> ChildAsync(NpgsqlConnection connection, string parentId, string childId, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(RewindSql.Child, connection);
        command.Parameters.Text(childId).Text(parentId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? (InstanceRows.Status(reader.GetString(0)), reader.TextOrNull(1)) : (null, null);
    }
}
