using DurableTask.PostgreSql.Activities;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Instances;
using DurableTask.PostgreSql.Timers;
using DurableTask.Wire;
using Microsoft.Extensions.Logging;

namespace DurableTask.PostgreSql.Hub;

// Everything a worker does, put together. EngineLoops says when.
internal sealed class TaskHubEngine : IDisposable
{
    // Two, so that one batch is prepared and sent while the other waits for the disk.
    private const int Lanes = 2;
    private const int MostTogether = 128;

    // Each of them is asked for anew: the claim knows what this worker may take.
    private const string Ready =
        """
        /* name: durable.is_work_ready */
        select exists (select from durable.messages where visible_at <= $1), exists (select from durable.activities where ready_at <= $1), (select min(fire_at) from durable.timers)
        """;

    private readonly HubDatabase database;
    private readonly Wakeups wakeups;
    private readonly LiveInstances live;
    private readonly MailStore mail;
    private readonly Batcher<string, LoadedInstance?> loads;
    private readonly Batcher<Step, bool> commits;
    private readonly PostgresTaskHubOptions options;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly TaskKeys known;
    private readonly HashSet<string> reported = new(StringComparer.Ordinal);
    private bool quietBefore;
    private long heardBefore;

    public TaskHubEngine(
        HubDatabase database, DurableTaskRegistry registry, IServiceProvider services, ILoggerFactory loggers, Wakeups wakeups, PostgresTaskHubOptions options, TimeProvider time,
        string worker, Func<string> newGeneration, TaskScheduler scheduler)
    {
        (this.database, this.wakeups, this.options, this.time) = (database, wakeups, options.Valid(), time);
        log = loggers.CreateLogger("DurableTask.PostgreSql");
        known = new TaskKeys(registry);
        live = new LiveInstances(options.WarmSessions, scheduler);
        mail = new MailStore(database, worker);
        loads = new Batcher<string, LoadedInstance?>(new InstanceLoader(database, worker).LoadAsync, Lanes, crowd: () => 1, MostTogether, scheduler);
        commits = new Batcher<Step, bool>(new StepCommit(database, worker, options.Lease, newGeneration).CommitAsync, Lanes, Crowd, MostTogether, scheduler, step => step.Boarding.TryLeave());
        Activities = new ActivityWork(registry, services, new ActivityStore(database, worker), live, wakeups, options, time, scheduler, log);
        Timers = new TimerWork(database, wakeups, time);
        var stepper = new Stepper(registry, services, loggers, new StepOutlets(live, loads, commits, Activities), mail, wakeups, options, time, newGeneration);
        (live.Work, live.Join) = (stepper.WorkAsync, stepper.Join);
    }

    public ActivityWork Activities { get; }

    public TimerWork Timers { get; }

    // Whether this process can run it.
    public bool Knows(string orchestrator, string version) => known.Knows(orchestrator, version);

    public bool IsUnderWay(string instanceId) => live.IsUnderWay(instanceId);

    // Half of what is busy: two commits at a time that are as large as they can be, whether this process is the only one or one of several, whose commits meet in the database.
    private int Crowd() => Math.Clamp(live.Busy / 2, options.CommitCrowd, MostTogether / 2);

    // These two end when the mail is stored, which for an instance in memory means: when the step that takes it in is committed.
    public Task StartAsync(InstanceState instance, HistoryEvent started) => PostAsync(instance.InstanceId, new StartMail(instance, started));

    public Task TellAsync(string instanceId, HistoryEvent told) => PostAsync(instanceId, new DirectMail(told));

    public async Task<TimeSpan> ClaimMailAsync(CancellationToken stop)
    {
        var free = options.MaxConcurrentInstances - live.Busy;
        if (free <= 0)
        {
            return TimeSpan.FromMilliseconds(5);
        }

        var heard = wakeups.Mail.Times;
        // Not cancelled half way: what the store has given to us must be worked on, or it waits for its lease to run out.
        var claimed = await mail.ClaimAsync(known.All, free, time.GetUtcNow(), options.Lease, CancellationToken.None);
        foreach (var one in claimed.GroupBy(one => one.InstanceId, one => (Mail)one.Mail, StringComparer.Ordinal))
        {
            live.Post(one.Key, [.. one]);
        }

        // What others may take first is looked at once more, after each time that something was told.
        var quiet = claimed.Count == 0;
        var wait = !quiet ? TimeSpan.Zero : quietBefore && heard == heardBefore ? Loop.UntilTold : MailStore.HeadStart;
        (quietBefore, heardBefore) = (quiet, heard);
        return wait;
    }

    // For what nobody told of: notifications that were lost, leases that ran out, what was not to be tried earlier.
    public async Task<TimeSpan> LookAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var (mailWaits, activitiesWait, nextTimer) = await database.RunAsync(
            batch => batch.Named(Ready).Parameters.Time(now, roundUp: false),
            async reader =>
            {
                await reader.ReadAsync(stop);
                return (reader.GetBoolean(0), reader.GetBoolean(1), reader.IsDBNull(2) ? DateTimeOffset.MaxValue : reader.GetFieldValue<DateTimeOffset>(2));
            },
            stop);
        wakeups.Some(mailWaits, activitiesWait, nextTimer <= now);
        // Whoever has stored it may be gone by then.
        wakeups.TimerAt(nextTimer);
        return options.PollInterval;
    }

    public async Task<TimeSpan> ReportUnknownAsync(CancellationToken stop)
    {
        await Activities.ReportUnknownAsync(stop);
        foreach (var key in await mail.UnknownAsync(known.All, time.GetUtcNow(), stop))
        {
            if (reported.Add(key))
            {
                log.LogWarning("There are instances of {Orchestrator}, which this worker does not know; they are left to another one", key);
            }
        }

        return options.Lease / 3;
    }

    // Lets running activities go on for the grace time, finishes the steps that are begun and gives everything else back.
    public async Task StopAsync()
    {
        Activities.Close();
        await Task.WhenAny(Activities.IdleAsync(), Task.Delay(options.ShutdownGrace, time));
        await Activities.CancelAllAsync();
        await Task.WhenAny(IdleAsync(), Task.Delay(options.Lease, time));
        try
        {
            await Activities.GiveBackAsync(CancellationToken.None);
            await mail.GiveBackAllAsync(time.GetUtcNow());
        }
        catch (Npgsql.NpgsqlException exception)
        {
            log.LogWarning("What this worker holds could not be given back ({Reason}); its leases run out", exception.Message);
        }

        // Not for ever: an orchestrator that never gives its thread back keeps its step from leaving.
        await Task.WhenAny(CompleteAsync(), Task.Delay(options.Lease, time));
        await database.DisposeAsync();
    }

    public void Dispose() => Activities.Dispose();

    private async Task CompleteAsync()
    {
        Task[] lanes = [commits.CompleteAsync(), loads.CompleteAsync(), Activities.CompleteAsync()];
        foreach (var lane in lanes)
        {
            await lane;
        }
    }

    private async Task IdleAsync()
    {
        await Activities.IdleAsync();
        await live.IdleAsync();
    }

    private async Task PostAsync(string instanceId, DirectMail direct)
    {
        live.PostHere(instanceId, direct);
        await direct.Stored.Task;
    }
}
