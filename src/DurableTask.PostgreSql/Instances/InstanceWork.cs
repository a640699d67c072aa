using System.Collections.Concurrent;
using DurableTask.PostgreSql.Hub;
using DurableTask.Replay;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DurableTask.PostgreSql.Instances;

// Advances claimed instances by one step.
internal sealed class InstanceWork(
    DurableTaskRegistry registry, IServiceProvider services, ILoggerFactory loggers, InstanceStore store, StepCommit commit, Wakeups wakeups, PostgresTaskHubOptions options, TimeProvider time)
{
    private readonly ILogger log = loggers.CreateLogger("DurableTask.PostgreSql.Instances");
    private readonly WarmSessions warm = new(options.WarmSessions);
    private readonly ConcurrentDictionary<string, ClaimedInstance> held = new(StringComparer.Ordinal);
    private readonly HashSet<string> reported = new(StringComparer.Ordinal);

    // "name@version" as the store generates it; "name@*" stands for an instance that has no version yet.
    private readonly string[] taskKeys =
    [
        .. registry.Orchestrators.SelectMany(one => new[] { Key(one.Name, one.Version), Key(one.Name, "*") }).Distinct(StringComparer.Ordinal),
    ];

    public async Task<IReadOnlyList<ClaimedInstance>> ClaimAsync(int limit, CancellationToken stop)
    {
        var claimed = await store.ClaimAsync(taskKeys, limit, time.GetUtcNow(), options.Lease, stop);
        foreach (var instance in claimed)
        {
            held[instance.InstanceId] = instance;
        }

        return claimed;
    }

    public async Task StepAsync(ClaimedInstance instance)
    {
        try
        {
            await (instance.Attempts > options.MaxAttempts ? ParkAsync(instance) : AdvanceAsync(instance));
        }
        catch (UnknownTaskException unknown)
        {
            log.LogWarning("{InstanceId} is left to another worker: {Reason}", instance.InstanceId, unknown.Message);
            await store.ReleaseAsync(instance, time.GetUtcNow() + options.PollInterval, error: null);
        }
        catch (PostgresException lost) when (lost.SqlState == StepCommit.LeaseLost)
        {
            log.LogWarning("A step of {InstanceId} was refused: {Reason}", instance.InstanceId, lost.MessageText);
            // Does nothing unless it is still ours.
            await store.ReleaseAsync(instance, notBefore: null, error: null);
        }
        catch (Exception exception)
        {
            log.LogError(exception, "A step of {InstanceId} could not be made (attempt {Attempt}); it is tried again", instance.InstanceId, instance.Attempts);
            var wait = TimeSpan.FromSeconds(Math.Min(60, 0.2 * Math.Pow(2, instance.Attempts - 1)));
            await store.ReleaseAsync(instance, time.GetUtcNow() + wait, $"{exception.GetType().Name}: {exception.Message}");
        }
        finally
        {
            held.TryRemove(instance.InstanceId, out _);
        }
    }

    public async Task HeartbeatAsync(CancellationToken stop)
    {
        ClaimedInstance[] now = [.. held.Values];
        if (now.Length > 0)
        {
            await store.ExtendAsync(now, time.GetUtcNow() + options.Lease, stop);
        }
    }

    public async Task ReportUnknownAsync(CancellationToken stop)
    {
        foreach (var key in await store.UnknownAsync(taskKeys, time.GetUtcNow(), stop))
        {
            if (reported.Add(key))
            {
                log.LogWarning("There are instances of {Orchestrator}, which this worker does not know; they are left to another one", key);
            }
        }
    }

    private async Task AdvanceAsync(ClaimedInstance instance)
    {
        var version = instance.Version ?? registry.NewestVersion(instance.Name) ?? "";
        var session = await SessionAsync(instance);
        // Clocks of two workers may differ; an orchestrator's clock does not go back.
        var now = time.GetUtcNow() is var here && here > instance.UpdatedAt ? here : instance.UpdatedAt;
        Wire.HistoryEvent[] step = [StepHistory.Started(now), .. instance.Events];
        foreach (var started in step.Select(one => one.ExecutionStarted).OfType<Wire.ExecutionStartedEvent>())
        {
            started.Version = version;
        }

        var answer = session.Advance(step);
        var done = await commit.CommitAsync(instance, step, answer, version, now);
        if (!done.GenerationEnded)
        {
            warm.Keep(instance.InstanceId, instance.ExecutionId, instance.Steps + 1, session);
        }

        Wake(instance, done);
    }

    private async Task<OrchestrationSession> SessionAsync(ClaimedInstance instance)
    {
        if (warm.Take(instance.InstanceId, instance.ExecutionId, instance.Steps) is { } kept)
        {
            return kept;
        }

        var session = new OrchestrationSession(registry, services, loggers);
        if (instance.Steps > 0)
        {
            session.Replay(await store.HistoryAsync(instance.InstanceId));
        }

        return session;
    }

    private void Wake(ClaimedInstance instance, CommittedStep done)
    {
        if (done.Activities)
        {
            wakeups.Activities.Set();
        }

        if (done.Timers)
        {
            wakeups.Timers.Set();
        }

        if (done.Instances)
        {
            wakeups.Instances.Set();
        }

        if (done.Finished)
        {
            wakeups.SetFinished(instance.InstanceId);
        }
    }

    private async Task ParkAsync(ClaimedInstance instance)
    {
        var reason = $"{instance.Attempts - 1} attempts at step {instance.Steps} ended without a result; last error: {instance.LastError ?? "none recorded, the worker died"}";
        log.LogError("{InstanceId} is parked: {Reason}", instance.InstanceId, reason);
        await store.ParkAsync(instance, reason);
    }

    private static string Key(string name, string version) => $"{name.ToLowerInvariant()}@{version}";
}
