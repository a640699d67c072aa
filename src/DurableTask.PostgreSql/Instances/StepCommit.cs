using System.Text.Json;
using DurableTask.PostgreSql.Hub;
using DurableTask.Replay;
using DurableTask.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DurableTask.PostgreSql.Instances;

using Kind = OrchestratorAction.OrchestratorActionTypeOneofCase;

// One step made true in one transaction and one round trip: the consumed messages go, history grows, outgoing work appears. The first statement holds the fence:
// when the lease was taken over meanwhile, nothing of it happens.
internal sealed class StepCommit(NpgsqlDataSource database, Wakeups wakeups, string worker, TimeProvider time)
{
    public const string LeaseLost = "DT001";

    private static readonly JsonSerializerOptions FailureJson = new(JsonSerializerDefaults.Web);

    // Returns what to wake after the commit.
    public async Task<CommittedStep> CommitAsync(ClaimedInstance instance, IReadOnlyList<HistoryEvent> step, SessionAnswer answer, string version, DateTimeOffset now)
    {
        var end = answer.Actions.Select(action => action.CompleteOrchestration).FirstOrDefault(one => one is not null);
        var generation = end?.OrchestrationStatus == OrchestrationStatus.ContinuedAsNew ? Guid.CreateVersion7(time.GetUtcNow()).ToString("N") : null;
        await using var connection = await database.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        Fence(batch, instance, answer, end, generation, version, now);
        batch.Named(StepSql.TakeMessages).Parameters.Longs(instance.Messages.Select(message => message.Id));
        if (generation is null)
        {
            var chunk = new HistoryChunk();
            chunk.Events.AddRange(step);
            chunk.Events.AddRange(answer.Actions.Select(action => StepHistory.Of(action, now)));
            chunk.Events.Add(StepHistory.Completed(now));
            batch.Named(StepSql.AppendHistory).Parameters.Text(instance.InstanceId).Int(instance.Steps).Bytes(chunk.ToByteArray());
        }
        else
        {
            NextGeneration(batch, instance, end!, generation, now);
        }

        var activities = Activities(batch, instance, answer);
        var timers = Timers(batch, instance, answer, end is not null);
        var children = Children(batch, instance, answer, now);
        var sent = Messages(batch, instance, answer, end);
        if (end is not null && generation is null)
        {
            Finish(batch, instance, end, step);
        }

        var instances = children || sent || generation is not null || end?.OrchestrationStatus == OrchestrationStatus.Terminated;
        wakeups.NotifyOthers(batch, instances, activities);
        await batch.ExecuteNonQueryAsync();
        return new CommittedStep(activities, timers, instances, end is not null, end is not null && generation is null);
    }

    private void Fence(NpgsqlBatch batch, ClaimedInstance instance, SessionAnswer answer, CompleteOrchestrationAction? end, string? generation, string version, DateTimeOffset now)
    {
        var status = end?.OrchestrationStatus switch
        {
            OrchestrationStatus.Completed => "COMPLETED",
            OrchestrationStatus.Failed => "FAILED",
            OrchestrationStatus.Terminated => "TERMINATED",
            _ => answer.IsSuspended ? "SUSPENDED" : "RUNNING",
        };
        var failure = end?.FailureDetails is { } details ? JsonSerializer.Serialize(Failures.From(details), FailureJson) : null;
        batch.Named(StepSql.CommitStep).Parameters
            .Text(instance.InstanceId).Long(instance.Epoch).Text(worker).Int(instance.Steps)
            .Text(status).Text(generation is null ? version : end!.NewVersion).Text(answer.CustomStatus).Text(generation is null ? end?.Result : null).Text(failure)
            .Time(now).Flag(end is not null && generation is null).Text(generation).Text(end?.Result);
    }

    private static void NextGeneration(NpgsqlBatch batch, ClaimedInstance instance, CompleteOrchestrationAction end, string generation, DateTimeOffset now)
    {
        batch.Named(StepSql.ForgetHistory).Parameters.Text(instance.InstanceId);
        var started = InstanceStart.Event(instance.Name, end.Result, instance.InstanceId, generation, instance.Parent, now);
        batch.Named(StepSql.CarryOver).Parameters.Text(instance.InstanceId).ManyBytes([started.ToByteArray(), .. end.CarryoverEvents.Select(one => one.ToByteArray())]);
    }

    private static bool Activities(NpgsqlBatch batch, ClaimedInstance instance, SessionAnswer answer)
    {
        var calls = answer.Actions.Where(action => action.OrchestratorActionTypeCase == Kind.ScheduleTask).ToList();
        if (calls.Count > 0)
        {
            batch.Named(StepSql.AddActivities).Parameters.Text(instance.InstanceId).Text(instance.ExecutionId)
                .Ints(calls.Select(call => call.Id)).Texts(calls.Select(call => call.ScheduleTask.Name)).Texts(calls.Select(call => call.ScheduleTask.Input));
        }

        return calls.Count > 0;
    }

    private static bool Timers(NpgsqlBatch batch, ClaimedInstance instance, SessionAnswer answer, bool generationEnds)
    {
        var timers = generationEnds ? [] : answer.Actions.Where(action => action.OrchestratorActionTypeCase == Kind.CreateTimer).ToList();
        if (timers.Count > 0)
        {
            batch.Named(StepSql.AddTimers).Parameters.Text(instance.InstanceId).Text(instance.ExecutionId)
                .Ints(timers.Select(timer => timer.Id)).Times(timers.Select(timer => timer.CreateTimer.FireAt.ToDateTimeOffset()))
                .ManyBytes(timers.Select(timer => Wrap(timer.CreateTimer.FireAt, new TimerFiredEvent { TimerId = timer.Id, FireAt = timer.CreateTimer.FireAt })));
        }

        return timers.Count > 0;
    }

    private bool Children(NpgsqlBatch batch, ClaimedInstance instance, SessionAnswer answer, DateTimeOffset now)
    {
        var calls = answer.Actions.Where(action => action.OrchestratorActionTypeCase == Kind.CreateSubOrchestration).ToList();
        if (calls.Count == 0)
        {
            return false;
        }

        var created = calls.Select(call => call.CreateSubOrchestration).ToList();
        var generations = created.Select(_ => Guid.CreateVersion7(time.GetUtcNow()).ToString("N")).ToList();
        batch.Named(StepSql.ReplaceFinishedChildren).Parameters.Texts(created.Select(child => child.InstanceId));
        batch.Named(StepSql.StartChildren).Parameters
            .Text(instance.InstanceId).Text(instance.ExecutionId).Ints(calls.Select(call => call.Id)).Texts(created.Select(child => child.InstanceId)).Texts(generations)
            .Texts(created.Select(child => child.Name)).Texts(created.Select(child => child.Version)).Texts(created.Select(child => child.Input)).Time(now)
            .ManyBytes(calls.Zip(generations, (call, generation) => InstanceStart.Event(
                call.CreateSubOrchestration.Name, call.CreateSubOrchestration.Input, call.CreateSubOrchestration.InstanceId, generation,
                new ParentLink(instance.InstanceId, instance.ExecutionId, call.Id, instance.Name), now).ToByteArray()))
            .ManyBytes(calls.Select(call => Outcomes.ChildRefused(call, now).ToByteArray())).Text(instance.Name);
        return true;
    }

    private static bool Messages(NpgsqlBatch batch, ClaimedInstance instance, SessionAnswer answer, CompleteOrchestrationAction? end)
    {
        var messages = answer.Actions.Where(action => action.OrchestratorActionTypeCase == Kind.SendEvent)
            .Select(action => (To: action.SendEvent.Instance.InstanceId, Execution: (string?)null, Event: Outcomes.Raised(action.SendEvent))).ToList();
        if (instance.Parent is { } parent && end is not null && end.OrchestrationStatus != OrchestrationStatus.ContinuedAsNew)
        {
            messages.Add((parent.InstanceId, parent.ExecutionId, Outcomes.ChildEnded(instance.Name, parent.TaskId, end)));
        }

        if (messages.Count > 0)
        {
            batch.Named(StepSql.SendMessages).Parameters
                .Texts(messages.Select(message => message.To)).Texts(messages.Select(message => message.Execution)).ManyBytes(messages.Select(message => message.Event.ToByteArray()));
        }

        return messages.Count > 0;
    }

    private static void Finish(NpgsqlBatch batch, ClaimedInstance instance, CompleteOrchestrationAction end, IReadOnlyList<HistoryEvent> step)
    {
        batch.Named(StepSql.DropInbox).Parameters.Text(instance.InstanceId);
        batch.Named(StepSql.DropTimers).Parameters.Text(instance.InstanceId);
        if (end.OrchestrationStatus != OrchestrationStatus.Terminated)
        {
            return;
        }

        batch.Named(StepSql.DropWaitingActivities).Parameters.Text(instance.InstanceId);
        if (step.FirstOrDefault(one => one.ExecutionTerminated is not null) is { ExecutionTerminated.Recurse: true } told)
        {
            batch.Named(StepSql.TerminateChildren).Parameters.Text(instance.InstanceId).Bytes(told.ToByteArray());
        }
    }

    private static byte[] Wrap(Timestamp at, TimerFiredEvent fired) => new HistoryEvent { EventId = -1, Timestamp = at, TimerFired = fired }.ToByteArray();
}

internal sealed record CommittedStep(bool Activities, bool Timers, bool Instances, bool GenerationEnded, bool Finished);
