using System.Collections.Concurrent;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Instances;
using Npgsql;

namespace DurableTask.PostgreSql.Hub;

// Who is woken when something was stored. This process's own loops are told directly, which costs nothing; other processes by NOTIFY, and only when
// this one cannot take the work itself: a commit with NOTIFY waits for every other such commit. All of it may be lost; the look every poll interval finds what was.
internal sealed class Wakeups
{
    public const string Notify = "/* name: durable.notify */ select pg_notify('durable_work', '')";

    private readonly ConcurrentDictionary<string, TaskCompletionSource<OrchestrationMetadata?>> finished = new(StringComparer.Ordinal);

    public Signal Mail { get; } = new();

    public Signal Activities { get; } = new();

    public Signal Timers { get; } = new();

    // The worker in this process while it runs; clients give it their mail directly.
    public TaskHubEngine? Engine { get; set; }

    public DateTimeOffset NextTimer { get; set; } = DateTimeOffset.MaxValue;

    public void All() => Some(mail: true, activities: true, timers: true);

    public void Some(bool mail, bool activities, bool timers)
    {
        if (mail)
        {
            Mail.Set();
        }

        if (activities)
        {
            Activities.Set();
        }

        if (timers)
        {
            Timers.Set();
        }
    }

    // After a step was made.
    public void After(Step step, string? input)
    {
        if (step.Calls.Count > step.Reserved)
        {
            Activities.Set();
        }

        foreach (var timer in step.Timers)
        {
            TimerAt(timer.CreateTimer.FireAt.ToDateTimeOffset());
        }

        if (step.Generation is not null || step.Children.Count > 0 || step.SentEvents.Count > 0 || step.IsTerminated || (step.IsFinished && step.Before.Parent is not null))
        {
            Mail.Set();
        }

        if (step.IsFinished && finished.ContainsKey(step.Before.InstanceId))
        {
            SetFinished(step.Before.InstanceId, step.Ended(input));
        }
    }

    // Only a timer that is due before all others changes how long the timers' loop may sleep.
    public void TimerAt(DateTimeOffset at)
    {
        if (at < NextTimer)
        {
            NextTimer = at;
            Timers.Set();
        }
    }

    public void TimerWithin(DateTimeOffset at)
    {
        if (at < NextTimer)
        {
            NextTimer = at;
        }
    }

    // Brings how it ended, or null: then one must look.
    public Task<OrchestrationMetadata?> Finished(string instanceId) =>
        finished.GetOrAdd(instanceId, _ => new TaskCompletionSource<OrchestrationMetadata?>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void SetFinished(string instanceId, OrchestrationMetadata? end)
    {
        if (finished.TryRemove(instanceId, out var waiting))
        {
            waiting.SetResult(end);
        }
    }
}
