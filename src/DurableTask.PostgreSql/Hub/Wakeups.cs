using System.Collections.Concurrent;
using Npgsql;

namespace DurableTask.PostgreSql.Hub;

// Who is woken when something was stored. This process's own loops are told directly, which costs nothing; other processes by NOTIFY, and only when
// this one cannot take the work itself: a commit with NOTIFY waits for every other such commit. All of it may be lost; the slow poll finds what was.
internal sealed class Wakeups
{
    public const string Channel = "durable_work";

    private const string Notify = "/* name: durable.notify */ select pg_notify('durable_work', '')";

    private readonly ConcurrentDictionary<string, TaskCompletionSource> finished = new(StringComparer.Ordinal);

    public Signal Instances { get; } = new();

    public Signal Activities { get; } = new();

    public Signal Timers { get; } = new();

    public bool WorkerRuns { get; set; }

    public bool InstancesFull { get; set; }

    public bool ActivitiesFull { get; set; }

    public void All()
    {
        Instances.Set();
        Activities.Set();
        Timers.Set();
    }

    public void NotifyOthers(NpgsqlBatch batch, bool instances, bool activities)
    {
        if (!WorkerRuns || (instances && InstancesFull) || (activities && ActivitiesFull))
        {
            batch.Named(Notify);
        }
    }

    public Task Finished(string instanceId) =>
        finished.GetOrAdd(instanceId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void SetFinished(string instanceId)
    {
        if (finished.TryRemove(instanceId, out var waiting))
        {
            waiting.SetResult();
        }
    }
}
