using DurableTask.PostgreSql.Activities;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Hub;
using DurableTask.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using NpgsqlTypes;

namespace DurableTask.PostgreSql.Instances;

// Steps of many instances made true in one transaction and one round trip: consumed mail and results go, history grows, outgoing work appears.
internal sealed class StepCommit(HubDatabase database, string worker, TimeSpan lease, Func<string> newGeneration)
{
    // What durable.fence raises.
    public const string LeaseLost = "DT001";

    // Says of each step whether it was made; one that was not left no trace.
    public async Task<IReadOnlyList<bool>> CommitAsync(IReadOnlyList<Step> together)
    {
        // One that shared the trip with others is tried by itself then.
        if (together.Select(step => step.Trouble).FirstOrDefault(trouble => trouble is not null) is { } trouble)
        {
            throw new InvalidOperationException(trouble.Message, trouble);
        }

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
        var here = steps.Max(step => step.Here);
        Create(batch, [.. steps.Where(step => step.Start is not null)], here);
        Move(batch, [.. steps.Where(step => step.Start is null)], here);
        BeginAnew(batch, [.. steps.Where(step => step.Generation is not null)]);
        TakeMail(batch, steps);
        ActivityStore.Take(batch, worker, steps.SelectMany(step => step.Results.Skip(step.Start is null ? 1 : 0)), mustHold: true);
        Activities(batch, steps, here);
        Timers(batch, steps);
        Children(batch, steps);
        SendMail(batch, steps);
        TerminateChildren(batch, [.. steps.Where(step => step.IsTerminated)]);
    }

    private void Create(NpgsqlBatch batch, Step[] steps, DateTimeOffset here)
    {
        if (steps.Length > 0)
        {
            batch.Named(StepSql.CreateInstances).Parameters
                .Texts(Ids(steps)).Texts(steps.Select(step => step.After.ExecutionId)).Texts(steps.Select(step => step.Before.Name)).Texts(steps.Select(step => step.After.Version))
                .Texts(steps.Select(step => step.Status)).Texts(steps.Select(step => step.Generation is null ? step.Start!.Event.ExecutionStarted.Input : step.End!.Result))
                .Texts(steps.Select(step => step.Answer.CustomStatus)).Texts(steps.Select(Output)).Texts(steps.Select(step => step.Failure)).Ints(steps.Select(step => step.After.Steps))
                .Times(steps.Select(step => step.Now)).Flags(steps.Select(step => step.IsFinished)).Text(worker)
                .ManyBytes(steps.Select(History)).FirstCalls(steps).Time(here + lease).Time(here)
                .Texts(steps.Select(step => step.Before.ExecutionId)).FirstTraces(steps);
        }
    }

    private void Move(NpgsqlBatch batch, Step[] steps, DateTimeOffset here)
    {
        if (steps.Length > 0)
        {
            var results = steps.Select(step => step.Results.Count > 0 ? step.Results[0] : null).ToList();
            var versions = steps.Any(step => step.After.Version != step.Before.Version);
            var move = versions ? StepSql.MoveToVersions : steps.Any(step => step.Results.Count > 0 || step.IsFinished) ? StepSql.Move : StepSql.MoveOn;
            var parameters = batch.Named(steps.Length == 1 ? move.OfOne : move.OfMany).Parameters;
            parameters
                .Text(worker).Time(here + lease).Time(here).Longs(steps.SelectMany(step => step.Messages))
                .Texts(Ids(steps)).Texts(steps.Select(step => step.Before.ExecutionId)).Ints(steps.Select(step => step.Before.Steps)).Texts(steps.Select(step => step.Status))
                .Texts(steps.Select(step => step.Answer.CustomStatus)).Texts(steps.Select(Output)).Texts(steps.Select(step => step.Failure))
                .Times(steps.Select(step => step.Now)).Flags(steps.Select(step => step.IsFinished)).Texts(steps.Select(step => step.Generation))
                .Texts(steps.Select(step => step.Generation is null ? null : step.End!.Result))
                .ManyBytes(steps.Select(History)).FirstCalls(steps)
                .Texts(results.Select(one => one?.Key.ExecutionId)).Ints(results.Select(one => one?.Key.TaskId)).Longs(results.Select(one => one?.Epoch))
                .Longs(steps.Select(step => step.Until)).FirstTraces(steps);
            if (versions)
            {
                parameters.Texts(steps.Select(step => step.After.Version));
            }

            if (steps.Length == 1)
            {
                parameters.OfOne(MoveStatement.FirstOfStep);
            }
        }
    }

    private static void BeginAnew(NpgsqlBatch batch, Step[] steps)
    {
        if (steps.Length > 0)
        {
            var carried = steps.SelectMany(step => new[]
            {
                InstanceStart.Event(step.Before.Name, step.End!.Result, step.Before.InstanceId, step.Generation!, step.Before.Parent, step.Now, step.Answer.Trace),
            }.Concat(step.End!.CarryoverEvents).Select(one => (Step: step, Event: one.ToByteArray()))).ToList();
            batch.Named(StepSql.ForgetHistory).Parameters.Texts(Ids(steps));
            batch.Named(StepSql.CarryOver).Parameters
                .Texts(carried.Select(one => one.Step.Before.InstanceId)).ManyBytes(carried.Select(one => one.Event)).Times(carried.Select(one => one.Step.Here));
        }
    }

    private static void TakeMail(NpgsqlBatch batch, Step[] steps)
    {
        var taken = steps.SelectMany(step => step.Messages, (step, id) => (step.Before.InstanceId, Id: id)).ToList();
        if (taken.Count > 0)
        {
            batch.Named(StepSql.TakeMail).Parameters.Texts(taken.Select(one => one.InstanceId)).Longs(taken.Select(one => one.Id));
        }
    }

    // Those that do not ride along with the step itself.
    private void Activities(NpgsqlBatch batch, Step[] steps, DateTimeOffset here)
    {
        var calls = steps.Where(step => step.Calls.Count > 1).SelectMany(step => step.Calls.Select((call, place) => (Step: step, Call: call, IsLeased: place < step.Reserved)).Skip(1)).ToList();
        if (calls.Count > 0)
        {
            batch.Named(StepSql.AddActivities).Parameters
                .Texts(calls.Select(one => one.Step.Before.InstanceId)).Texts(calls.Select(one => one.Step.Before.ExecutionId)).Ints(calls.Select(one => one.Call.Id))
                .Texts(calls.Select(one => one.Call.ScheduleTask.Name)).Texts(calls.Select(one => one.Call.ScheduleTask.Input))
                .Text(worker).Time(here + lease).Time(here).Flags(calls.Select(one => one.IsLeased)).ManyBytes(calls.Select(one => Step.TraceOf(one.Call)));
        }

        if (steps.Any(step => step.Calls.Count > step.Reserved))
        {
            batch.Named(Wakeups.Notify);
        }
    }

    private static void Timers(NpgsqlBatch batch, Step[] steps)
    {
        var timers = steps.SelectMany(step => step.Timers, (step, timer) => (Step: step, Timer: timer, At: timer.CreateTimer.FireAt)).ToList();
        if (timers.Count > 0)
        {
            batch.Named(StepSql.AddTimers).Parameters
                .Texts(timers.Select(one => one.Step.Before.InstanceId)).Texts(timers.Select(one => one.Step.Before.ExecutionId)).Ints(timers.Select(one => one.Timer.Id))
                .Times(timers.Select(one => one.At.ToDateTimeOffset()))
                .ManyBytes(timers.Select(one => Outcomes.TimerFired(one.Timer.Id, one.At).ToByteArray()));
        }
    }

    private void Children(NpgsqlBatch batch, Step[] steps)
    {
        var calls = steps.SelectMany(step => step.Children, (step, call) => (Step: step, Call: call, Child: call.CreateSubOrchestration, Generation: newGeneration())).ToList();
        if (calls.Count > 0)
        {
            batch.Named(StepSql.ReplaceFinishedChildren).Parameters.Texts(calls.Select(one => one.Step.Before.InstanceId)).Texts(calls.Select(one => one.Child.InstanceId));
            batch.Named(StepSql.StartChildren).Parameters
                .Texts(calls.Select(one => one.Step.Before.InstanceId)).Texts(calls.Select(one => one.Step.Before.ExecutionId)).Ints(calls.Select(one => one.Call.Id))
                .Texts(calls.Select(one => one.Step.Before.Name)).Texts(calls.Select(one => one.Child.InstanceId)).Texts(calls.Select(one => one.Generation))
                .Texts(calls.Select(one => one.Child.Name)).Texts(calls.Select(one => one.Child.Version)).Texts(calls.Select(one => one.Child.Input))
                .ManyBytes(calls.Select(one => InstanceStart.Event(
                    one.Child.Name, one.Child.Input, one.Child.InstanceId, one.Generation,
                    new ParentLink(one.Step.Before.InstanceId, one.Step.Before.ExecutionId, one.Call.Id, one.Step.Before.Name), one.Step.Now, one.Child.ParentTraceContext).ToByteArray()))
                .ManyBytes(calls.Select(one => Outcomes.ChildRefused(one.Call, one.Step.Now).ToByteArray())).Times(calls.Select(one => one.Step.Here)).Text(worker);
        }
    }

    private static void SendMail(NpgsqlBatch batch, Step[] steps)
    {
        var mail = steps.Where(step => step.SentEvents.Count > 0 || step.IsFinished).SelectMany(step => step.SentEvents
                .Select(action => (Step: step, To: action.SendEvent.Instance.InstanceId, For: (string?)null, Event: Outcomes.Raised(action.SendEvent, step.Now)))
                .Concat(step is { IsFinished: true, Before.Parent: { } parent }
                    ? [(step, parent.InstanceId, parent.ExecutionId, Outcomes.ChildEnded(step.Before.Name, parent.TaskId, step.End!, step.Now))]
                    : []))
            .ToList();
        if (mail.Count > 0)
        {
            batch.Named(StepSql.SendMail).Parameters
                .Texts(mail.Select(one => one.Step.Before.InstanceId)).Texts(mail.Select(one => one.To)).Texts(mail.Select(one => one.For))
                .ManyBytes(mail.Select(one => one.Event.ToByteArray())).Times(mail.Select(one => one.Step.Here)).Texts(mail.Select(one => one.Step.After.ExecutionId));
        }
    }

    private static void TerminateChildren(NpgsqlBatch batch, Step[] steps)
    {
        if (steps.Length > 0)
        {
            batch.Named(StepSql.TerminateChildren).Parameters.Texts(Ids(steps))
                .ManyBytes(steps.Select(step => step.Termination is { Recurse: true } told ? new HistoryEvent { EventId = -1, ExecutionTerminated = told }.ToByteArray() : null))
                .Times(steps.Select(step => step.Here)).Texts(steps.Select(step => step.After.ExecutionId));
        }
    }

    // A new generation begins with none.
    private static byte[]? History(Step step) => step.Generation is null ? step.History() : null;

    private static string? Output(Step step) => step.Generation is null ? step.End?.Result : null;

    private static IEnumerable<string> Ids(IEnumerable<Step> steps) => steps.Select(step => step.Before.InstanceId);
}

internal static class StepParameters
{
    // Most steps make one call at most; it is written with the step.
    public static NpgsqlParameterCollection FirstCalls(this NpgsqlParameterCollection parameters, IEnumerable<Step> steps)
    {
        var calls = steps.Select(step => (Call: step.Calls.Count > 0 ? step.Calls[0] : null, IsLeased: step.Reserved > 0)).ToList();
        return parameters.Ints(calls.Select(one => one.Call?.Id)).Texts(calls.Select(one => one.Call?.ScheduleTask.Name)).Texts(calls.Select(one => one.Call?.ScheduleTask.Input))
            .Flags(calls.Select(one => one.IsLeased));
    }

    public static NpgsqlParameterCollection FirstTraces(this NpgsqlParameterCollection parameters, IEnumerable<Step> steps) =>
        parameters.ManyBytes(steps.Select(step => step.Calls.Count > 0 ? Step.TraceOf(step.Calls[0]) : null));

    // Arrays of one become what is in them.
    public static void OfOne(this NpgsqlParameterCollection parameters, int first)
    {
        foreach (var parameter in parameters.Skip(first - 1))
        {
            (parameter.Value, parameter.NpgsqlDbType) = (((Array)parameter.Value!).GetValue(0) ?? DBNull.Value, parameter.NpgsqlDbType & ~NpgsqlDbType.Array);
        }
    }
}
