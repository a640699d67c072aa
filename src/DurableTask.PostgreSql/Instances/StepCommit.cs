using DurableTask.PostgreSql.Activities;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Hub;
using DurableTask.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DurableTask.PostgreSql.Instances;

// Steps of many instances made true in one transaction and one round trip: consumed mail and results go, history grows, outgoing work appears.
internal sealed class StepCommit(HubDatabase database, string worker, TimeSpan lease, Func<string> newGeneration)
{
    // What durable.fence raises.
    public const string LeaseLost = "DT001";

    // Says of each step whether it was made; one that was not left no trace.
    public async Task<IReadOnlyList<bool>> CommitAsync(IReadOnlyList<Step> together)
    {
        // Always in the same order, so that two transactions do not wait for each other.
        Step[] steps = [.. together.OrderBy(step => step.Before.InstanceId, StringComparer.Ordinal)];
        var made = await database.RunAsync(batch => Fill(batch, steps), reader => MadeAsync(reader, steps));
        return [.. together.Select(step => made.Contains(step.Before.InstanceId))];
    }

    private static async Task<HashSet<string>> MadeAsync(NpgsqlDataReader reader, Step[] steps)
    {
        HashSet<string> made = new(StringComparer.Ordinal);
        var results = (steps.Any(step => step.Start is not null) ? 1 : 0) + (steps.Any(step => step.Start is null) ? 1 : 0);
        for (var n = 0; n < results; n++)
        {
            while (await reader.ReadAsync())
            {
                made.Add(reader.GetString(0));
            }

            await reader.NextResultAsync();
        }

        return made;
    }

    private void Fill(NpgsqlBatch batch, Step[] steps)
    {
        Step[] created = [.. steps.Where(step => step.Start is not null)];
        Step[] moved = [.. steps.Where(step => step.Start is null)];
        if (created.Length > 0)
        {
            batch.Named(StepSql.CreateInstances).Parameters
                .Texts(Ids(created)).Texts(created.Select(step => step.After.ExecutionId)).Texts(created.Select(step => step.Before.Name)).Texts(created.Select(step => step.After.Version))
                .Texts(created.Select(step => step.Status)).Texts(created.Select(step => step.Start!.Event.ExecutionStarted.Input)).Texts(created.Select(step => step.Answer.CustomStatus))
                .Texts(created.Select(Output)).Texts(created.Select(step => step.Failure)).Times(created.Select(step => step.Now)).Text(worker).Flags(created.Select(step => step.IsFinished));
        }

        if (moved.Length > 0)
        {
            batch.Named(StepSql.MoveInstances).Parameters
                .Texts(Ids(moved)).Texts(moved.Select(step => step.Before.ExecutionId)).Ints(moved.Select(step => step.Before.Steps)).Texts(moved.Select(step => step.Status))
                .Texts(moved.Select(step => step.After.Version)).Texts(moved.Select(step => step.Answer.CustomStatus)).Texts(moved.Select(Output)).Texts(moved.Select(step => step.Failure))
                .Text(worker).Times(moved.Select(step => step.Now)).Flags(moved.Select(step => step.IsFinished)).Texts(moved.Select(step => step.Generation))
                .Texts(moved.Select(step => step.Generation is null ? null : step.End!.Result));
        }

        History(batch, [.. steps.Where(step => step.Generation is null)], [.. steps.Where(step => step.Generation is not null)]);
        TakeMail(batch, steps);
        ActivityStore.Take(batch, worker, steps.SelectMany(step => step.Results), mustHold: true);
        Activities(batch, steps);
        Timers(batch, steps);
        Children(batch, steps);
        SendMail(batch, steps);
        Finish(batch, [.. steps.Where(step => step.IsFinished)]);
    }

    private static void History(NpgsqlBatch batch, Step[] steps, Step[] begunAnew)
    {
        if (steps.Length > 0)
        {
            batch.Named(StepSql.AppendHistory).Parameters.Texts(Ids(steps)).Ints(steps.Select(step => step.Before.Steps)).ManyBytes(steps.Select(step => step.History()));
        }

        if (begunAnew.Length > 0)
        {
            var carried = begunAnew.SelectMany(step => new[]
            {
                InstanceStart.Event(step.Before.Name, step.End!.Result, step.Before.InstanceId, step.Generation!, step.Before.Parent, step.Now),
            }.Concat(step.End!.CarryoverEvents).Select(one => (Step: step, Event: one.ToByteArray()))).ToList();
            batch.Named(StepSql.ForgetHistory).Parameters.Texts(Ids(begunAnew));
            batch.Named(StepSql.CarryOver).Parameters
                .Texts(carried.Select(one => one.Step.Before.InstanceId)).ManyBytes(carried.Select(one => one.Event)).Times(carried.Select(one => one.Step.Now));
        }
    }

    private static void TakeMail(NpgsqlBatch batch, Step[] steps)
    {
        var taken = steps.SelectMany(step => step.Messages.Select(id => (step.Before.InstanceId, Id: id))).ToList();
        if (taken.Count > 0)
        {
            batch.Named(StepSql.TakeMail).Parameters.Texts(taken.Select(one => one.InstanceId)).Longs(taken.Select(one => one.Id));
        }
    }

    private void Activities(NpgsqlBatch batch, Step[] steps)
    {
        var calls = steps.SelectMany(step => step.Calls.Select((call, place) => (Step: step, Call: call, IsLeased: place < step.Reserved))).ToList();
        if (calls.Count > 0)
        {
            var now = steps.Max(step => step.Now);
            batch.Named(StepSql.AddActivities).Parameters
                .Texts(calls.Select(one => one.Step.Before.InstanceId)).Texts(calls.Select(one => one.Step.Before.ExecutionId)).Ints(calls.Select(one => one.Call.Id))
                .Texts(calls.Select(one => one.Call.ScheduleTask.Name)).Texts(calls.Select(one => one.Call.ScheduleTask.Input))
                .Text(worker).Time(now + lease).Time(now).Flags(calls.Select(one => one.IsLeased));
            if (calls.Any(one => !one.IsLeased))
            {
                batch.Named(Wakeups.Notify);
            }
        }
    }

    private static void Timers(NpgsqlBatch batch, Step[] steps)
    {
        var timers = steps.SelectMany(step => step.Timers.Select(timer => (Step: step, Timer: timer, At: timer.CreateTimer.FireAt))).ToList();
        if (timers.Count > 0)
        {
            batch.Named(StepSql.AddTimers).Parameters
                .Texts(timers.Select(one => one.Step.Before.InstanceId)).Texts(timers.Select(one => one.Step.Before.ExecutionId)).Ints(timers.Select(one => one.Timer.Id))
                .Times(timers.Select(one => one.At.ToDateTimeOffset()))
                .ManyBytes(timers.Select(one => Fired(one.At, new TimerFiredEvent { TimerId = one.Timer.Id, FireAt = one.At })));
        }
    }

    private void Children(NpgsqlBatch batch, Step[] steps)
    {
        var calls = steps.SelectMany(step => step.Children.Select(call => (Step: step, Call: call, Child: call.CreateSubOrchestration, Generation: newGeneration()))).ToList();
        if (calls.Count > 0)
        {
            batch.Named(StepSql.ReplaceFinishedChildren).Parameters.Texts(calls.Select(one => one.Step.Before.InstanceId)).Texts(calls.Select(one => one.Child.InstanceId));
            batch.Named(StepSql.StartChildren).Parameters
                .Texts(calls.Select(one => one.Step.Before.InstanceId)).Texts(calls.Select(one => one.Step.Before.ExecutionId)).Ints(calls.Select(one => one.Call.Id))
                .Texts(calls.Select(one => one.Step.Before.Name)).Texts(calls.Select(one => one.Child.InstanceId)).Texts(calls.Select(one => one.Generation))
                .Texts(calls.Select(one => one.Child.Name)).Texts(calls.Select(one => one.Child.Version)).Texts(calls.Select(one => one.Child.Input))
                .ManyBytes(calls.Select(one => InstanceStart.Event(
                    one.Child.Name, one.Child.Input, one.Child.InstanceId, one.Generation,
                    new ParentLink(one.Step.Before.InstanceId, one.Step.Before.ExecutionId, one.Call.Id, one.Step.Before.Name), one.Step.Now).ToByteArray()))
                .ManyBytes(calls.Select(one => Outcomes.ChildRefused(one.Call, one.Step.Now).ToByteArray())).Times(calls.Select(one => one.Step.Now)).Text(worker);
        }
    }

    private static void SendMail(NpgsqlBatch batch, Step[] steps)
    {
        var mail = steps.SelectMany(step => step.SentEvents
                .Select(action => (Step: step, To: action.SendEvent.Instance.InstanceId, For: (string?)null, Event: Outcomes.Raised(action.SendEvent)))
                .Concat(step is { IsFinished: true, Before.Parent: { } parent }
                    ? [(step, parent.InstanceId, parent.ExecutionId, Outcomes.ChildEnded(step.Before.Name, parent.TaskId, step.End!))]
                    : []))
            .ToList();
        if (mail.Count > 0)
        {
            batch.Named(StepSql.SendMail).Parameters
                .Texts(mail.Select(one => one.Step.Before.InstanceId)).Texts(mail.Select(one => one.To)).Texts(mail.Select(one => one.For))
                .ManyBytes(mail.Select(one => one.Event.ToByteArray())).Times(mail.Select(one => one.Step.Now)).Texts(mail.Select(one => one.Step.After.ExecutionId));
        }
    }

    private static void Finish(NpgsqlBatch batch, Step[] finished)
    {
        if (finished.Length == 0)
        {
            return;
        }

        batch.Named(StepSql.DropInbox).Parameters.Texts(Ids(finished)).Texts(finished.Select(step => step.After.ExecutionId));
        Step[] terminated = [.. finished.Where(step => step.IsTerminated)];
        if (terminated.Length > 0)
        {
            batch.Named(StepSql.TerminateChildren).Parameters.Texts(Ids(terminated))
                .ManyBytes(terminated.Select(step => step.Termination is { Recurse: true } told ? new HistoryEvent { EventId = -1, ExecutionTerminated = told }.ToByteArray() : null))
                .Times(terminated.Select(step => step.Now)).Texts(terminated.Select(step => step.After.ExecutionId));
        }
    }

    private static string? Output(Step step) => step.Generation is null ? step.End?.Result : null;

    private static IEnumerable<string> Ids(IEnumerable<Step> steps) => steps.Select(step => step.Before.InstanceId);

    private static byte[] Fired(Timestamp at, TimerFiredEvent fired) => new HistoryEvent { EventId = -1, Timestamp = at, TimerFired = fired }.ToByteArray();
}
