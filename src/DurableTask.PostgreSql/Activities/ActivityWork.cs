using System.Collections.Concurrent;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Hub;
using DurableTask.PostgreSql.Instances;
using DurableTask.Replay;
using DurableTask.Telemetry;
using DurableTask.Wire;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;

namespace DurableTask.PostgreSql.Activities;

// Runs activities that are leased to this worker: those of steps made here, from their commit on, and claimed ones. Until the step has the result, the lease is extended;
// when it is lost, the token is cancelled and the result refused.
internal sealed class ActivityWork : IDisposable
{
    // Calls that wait here for a place are leased, so nobody else can run them: they do so only while it goes quickly.
    private const int MostWaiting = 1024;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    private readonly DurableTaskRegistry registry;
    private readonly IServiceProvider services;
    private readonly ActivityStore store;
    private readonly LiveInstances live;
    private readonly Wakeups wakeups;
    private readonly PostgresTaskHubOptions options;
    private readonly TimeProvider time;
    private readonly TaskScheduler scheduler;
    private readonly ILogger log;
    private readonly HashSet<string> known;
    private readonly string[] names;
    private readonly Batcher<ActivityResult, bool> completions;
    private readonly ConcurrentDictionary<(ActivityKey, long), Held> held = new();
    private readonly Queue<(ActivityClaim Claim, DateTimeOffset Since)> waiting = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly HashSet<string> reported = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private long lastBeat;
    private int reserved;
    private int running;
    private bool closed;

    public ActivityWork(
        DurableTaskRegistry registry, IServiceProvider services, ActivityStore store, LiveInstances live, Wakeups wakeups, PostgresTaskHubOptions options, TimeProvider time, TaskScheduler scheduler, ILogger log)
    {
        (this.registry, this.services, this.store, this.live, this.wakeups, this.options, this.time, this.scheduler, this.log) =
            (registry, services, store, live, wakeups, options, time, scheduler, log);
        known = new HashSet<string>(registry.Activities, StringComparer.OrdinalIgnoreCase);
        names = [.. registry.Activities.Select(name => name.ToLowerInvariant())];
        completions = new Batcher<ActivityResult, bool>(results => store.CompleteAsync(results, time.GetUtcNow()), lanes: 1, crowd: () => 1, most: 256, scheduler);
    }

    public Signal Waiting { get; } = new();

    // How many of the calls, from the first on, this worker takes on at once.
    public int Reserve(IEnumerable<OrchestratorAction> calls)
    {
        var wanted = calls.TakeWhile(call => known.Contains(call.ScheduleTask.Name)).Count();
        if (wanted == 0)
        {
            return 0;
        }

        lock (gate)
        {
            var places = closed ? 0 : options.MaxConcurrentActivities - running + MostWaiting - waiting.Count - reserved;
            var taken = Math.Clamp(places, 0, wanted);
            reserved += taken;
            return taken;
        }
    }

    public void Unreserve(int number)
    {
        lock (gate)
        {
            reserved -= number;
        }
    }

    // Those that a place was reserved for.
    public void Begin(IEnumerable<ActivityClaim> claims)
    {
        foreach (var claim in claims)
        {
            Unreserve(1);
            Take(claim);
        }
    }

    // The result is in a step, or nobody wants it.
    public void Ended(IEnumerable<ActivityClaim> claims)
    {
        foreach (var claim in claims)
        {
            if (held.TryRemove((claim.Key, claim.Epoch), out var gone))
            {
                gone.Stop.Dispose();
            }
        }
    }

    // Somebody else has it by now.
    public void Refused(ActivityClaim claim)
    {
        log.LogWarning("The result of activity {Activity} of {InstanceId} was refused: the lease was lost", claim.Name, claim.Key.InstanceId);
        Measures.LeaseLost("activity");
        Ended([claim]);
    }

    public async Task<TimeSpan> ClaimAsync(CancellationToken stop)
    {
        int free;
        bool isFull;
        lock (gate)
        {
            free = waiting.Count > 0 ? 0 : options.MaxConcurrentActivities - running - reserved;
            isFull = running >= options.MaxConcurrentActivities;
        }

        if (free <= 0)
        {
            // Who was full is told of the next place. What is only reserved may be given up without a word.
            return isFull ? Loop.UntilTold : LongestWait;
        }

        // After a stall longer than the lease, what runs here would look left behind to our own claim: it is asked for first.
        if (time.GetUtcNow().UtcTicks - Volatile.Read(ref lastBeat) > options.Lease.Ticks / 2)
        {
            await HeartbeatAsync(stop);
        }

        var claimed = await store.ClaimAsync(names, free, time.GetUtcNow(), options.Lease, CancellationToken.None);
        foreach (var claim in claimed)
        {
            Take(claim);
        }

        return claimed.Count == free ? TimeSpan.Zero : Loop.UntilTold;
    }

    // Others may have a place for what waits here too long.
    public async Task<TimeSpan> GiveBackAsync(CancellationToken stop)
    {
        List<ActivityClaim> late = [];
        lock (gate)
        {
            var since = time.GetUtcNow() - LongestWait;
            while (waiting.TryPeek(out var first) && (first.Since <= since || closed))
            {
                late.Add(waiting.Dequeue().Claim);
            }

            if (late.Count == 0)
            {
                return waiting.Count > 0 ? LongestWait : Loop.UntilTold;
            }
        }

        try
        {
            await store.ReleaseAsync(late, time.GetUtcNow(), countAttempt: false);
        }
        finally
        {
            // Even if that failed: what nobody here will run must not be kept by heartbeats.
            Ended(late);
        }

        wakeups.Activities.Set();
        return LongestWait;
    }

    public async Task HeartbeatAsync(CancellationToken stop)
    {
        // The rest has a fresh lease: half of it is left at the next beat. In the order of the steps' own statements, so that two transactions do not wait for each other.
        var now = time.GetUtcNow();
        var since = now - (options.Lease / 6);
        Held[] old = [.. held.Values.Where(one => one.Since <= since).OrderBy(one => one.Claim.Key.InstanceId, StringComparer.Ordinal).ThenBy(one => one.Claim.Key.TaskId)];
        var ours = old.Length == 0 ? [] : await store.ExtendAsync([.. old.Select(one => one.Claim)], now + options.Lease, stop);
        Volatile.Write(ref lastBeat, now.UtcTicks);
        foreach (var lost in old.Where(one => !ours.Contains((one.Claim.Key, one.Claim.Epoch))))
        {
            // It may have ended between the two looks; then its token is gone as well.
            if (held.ContainsKey((lost.Claim.Key, lost.Claim.Epoch)))
            {
                await CancelAsync(lost.Stop);
            }
        }
    }

    public async Task ReportUnknownAsync(CancellationToken stop)
    {
        foreach (var name in await store.UnknownAsync(names, time.GetUtcNow(), stop))
        {
            if (reported.Add(name))
            {
                log.LogWarning("There is work for the activity {Activity}, which this worker does not know; it is left to another one", name);
            }
        }
    }

    // Nothing more is begun.
    public void Close()
    {
        lock (gate)
        {
            closed = true;
        }
    }

    public async Task IdleAsync()
    {
        while (Volatile.Read(ref running) > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), time);
        }
    }

    public Task CancelAllAsync() => CancelAsync(stopping);

    // Nothing more ends.
    public Task CompleteAsync() => completions.CompleteAsync();

    public void Dispose() => stopping.Dispose();

    // What listens to a token is the activity's code: it runs where activities run, not in whoever cancels.
    private async Task CancelAsync(CancellationTokenSource source)
    {
        try
        {
            await Task.Factory.StartNew(source.Cancel, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
        catch (AggregateException thrown)
        {
            log.LogError(thrown, "What an activity does when it is cancelled has failed");
        }
    }

    private void Take(ActivityClaim claim)
    {
        held[(claim.Key, claim.Epoch)] = new Held(claim, time.GetUtcNow(), CancellationTokenSource.CreateLinkedTokenSource(stopping.Token));
        lock (gate)
        {
            if (closed || running >= options.MaxConcurrentActivities)
            {
                waiting.Enqueue((claim, time.GetUtcNow()));
                Waiting.Set();
                return;
            }

            running++;
        }

        Start(claim);
    }

    private void Start(ActivityClaim claim) => _ = Task.Factory.StartNew(() => RunAsync(claim), CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);

    private async Task RunAsync(ActivityClaim claim)
    {
        for (ActivityClaim? next = claim; next is not null; next = Next())
        {
            try
            {
                await RunOneAsync(next);
            }
            catch (Exception exception)
            {
                log.LogError(exception, "Activity {Activity} of {InstanceId} was left; its lease runs out and it is taken again", next.Name, next.Key.InstanceId);
                Ended([next]);
            }
        }
    }

    private ActivityClaim? Next()
    {
        lock (gate)
        {
            if (!closed && waiting.TryDequeue(out var next))
            {
                return next.Claim;
            }

            // Whoever was full has left work to be claimed.
            if (running-- < options.MaxConcurrentActivities)
            {
                return null;
            }
        }

        wakeups.Activities.Set();
        return null;
    }

    private async Task RunOneAsync(ActivityClaim claim)
    {
        if (claim.Attempts > options.MaxAttempts)
        {
            var reason = $"activity {claim.Name} (#{claim.Key.TaskId}): {claim.Attempts - 1} runs ended without a result, the worker died or lost its lease";
            log.LogError("{InstanceId} is parked: {Reason}", claim.Key.InstanceId, reason);
            await store.ParkAsync(claim, reason);
            Ended([claim]);
            return;
        }

        if (!held.TryGetValue((claim.Key, claim.Epoch), out var mine))
        {
            return;
        }

        try
        {
            var envelope = await ActivityRun.RunAsync(registry, services, claim.Name, claim.Key.InstanceId, claim.Input, log, mine.Stop.Token, claim.Trace is { } trace ? TraceContext.Parser.ParseFrom(trace) : null);
            await DeliverAsync(new ActivityResult(claim, new HistoryEvent
            {
                EventId = -1,
                Timestamp = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
                TaskCompleted = new TaskCompletedEvent { TaskScheduledId = claim.Key.TaskId, Result = envelope },
            }));
        }
        catch (OperationCanceledException) when (mine.Stop.IsCancellationRequested)
        {
            log.LogInformation("Activity {Activity} of {InstanceId} was given back: the worker stops or has lost its lease", claim.Name, claim.Key.InstanceId);
            await ReleaseAsync(claim, time.GetUtcNow(), countAttempt: false);
        }
        catch (UnknownTaskException unknown)
        {
            log.LogWarning("{InstanceId}: {Reason}", claim.Key.InstanceId, unknown.Message);
            await ReleaseAsync(claim, time.GetUtcNow() + options.PollInterval, countAttempt: false);
        }
    }

    // An instance that is in memory here takes the result into its step; for any other it becomes mail, so that whoever has it in memory may take that.
    private async Task DeliverAsync(ActivityResult result)
    {
        if (live.Has(result.Activity.Key.InstanceId))
        {
            live.PostHere(result.Activity.Key.InstanceId, result);
            return;
        }

        try
        {
            if (await completions.AskAsync(result))
            {
                Ended([result.Activity]);
                wakeups.Mail.Set();
            }
            else
            {
                Refused(result.Activity);
            }
        }
        catch (Npgsql.NpgsqlException exception)
        {
            log.LogError(exception, "The result of activity {Activity} of {InstanceId} could not be stored; it is tried again", result.Activity.Name, result.Activity.Key.InstanceId);
            live.Post(result.Activity.Key.InstanceId, result);
        }
    }

    private async Task ReleaseAsync(ActivityClaim claim, DateTimeOffset notBefore, bool countAttempt)
    {
        await store.ReleaseAsync([claim], notBefore, countAttempt);
        Ended([claim]);
    }

    private sealed record Held(ActivityClaim Claim, DateTimeOffset Since, CancellationTokenSource Stop);
}
