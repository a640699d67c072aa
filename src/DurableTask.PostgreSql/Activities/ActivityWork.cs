using System.Collections.Concurrent;
using DurableTask.PostgreSql.Hub;
using DurableTask.PostgreSql.Instances;
using DurableTask.Replay;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DurableTask.PostgreSql.Activities;

// Runs claimed activities. While one runs its lease is extended; when the lease is lost its token is cancelled and its result refused.
internal sealed class ActivityWork(
    DurableTaskRegistry registry, IServiceProvider services, ILogger log, ActivityStore store, Wakeups wakeups, PostgresTaskHubOptions options, TimeProvider time) : IDisposable
{
    private readonly string[] names = [.. registry.Activities.Select(name => name.ToLowerInvariant())];
    private readonly ConcurrentDictionary<long, (ClaimedActivity Activity, CancellationTokenSource Stop)> held = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly HashSet<string> reported = new(StringComparer.Ordinal);

    public Task<IReadOnlyList<ClaimedActivity>> ClaimAsync(int limit, CancellationToken stop) =>
        store.ClaimAsync(names, limit, time.GetUtcNow(), options.Lease, stop);

    public async Task RunAsync(ClaimedActivity activity)
    {
        if (activity.Attempts > options.MaxAttempts)
        {
            var reason = $"activity {activity.Name} (#{activity.TaskId}): {activity.Attempts - 1} runs ended without a result, the worker died or lost its lease";
            log.LogError("{InstanceId} is parked: {Reason}", activity.InstanceId, reason);
            await store.ParkAsync(activity, reason);
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        held[activity.Id] = (activity, stop);
        try
        {
            var envelope = await ActivityRun.RunAsync(registry, services, activity.Name, activity.InstanceId, activity.Input, log, stop.Token);
            await store.CompleteAsync(activity, envelope, time.GetUtcNow());
            wakeups.Instances.Set();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            log.LogInformation("Activity {Activity} of {InstanceId} was given back: the worker stops or has lost its lease", activity.Name, activity.InstanceId);
            await store.ReleaseAsync(activity, notBefore: null, countAttempt: false);
        }
        catch (UnknownTaskException unknown)
        {
            log.LogWarning("{InstanceId}: {Reason}", activity.InstanceId, unknown.Message);
            await store.ReleaseAsync(activity, time.GetUtcNow() + options.PollInterval, countAttempt: false);
        }
        catch (PostgresException lost) when (lost.SqlState == StepCommit.LeaseLost)
        {
            log.LogWarning("The result of activity {Activity} of {InstanceId} was refused: {Reason}", activity.Name, activity.InstanceId, lost.MessageText);
        }
        catch (Exception exception)
        {
            log.LogError(exception, "The result of activity {Activity} of {InstanceId} could not be stored; it runs again", activity.Name, activity.InstanceId);
            await store.ReleaseAsync(activity, time.GetUtcNow() + options.PollInterval, countAttempt: true);
        }
        finally
        {
            held.TryRemove(activity.Id, out _);
        }
    }

    public async Task HeartbeatAsync(CancellationToken stop)
    {
        (ClaimedActivity Activity, CancellationTokenSource Stop)[] now = [.. held.Values];
        if (now.Length == 0)
        {
            return;
        }

        var ours = await store.ExtendAsync([.. now.Select(one => one.Activity)], time.GetUtcNow() + options.Lease, stop);
        foreach (var (activity, token) in now)
        {
            // It may have ended between the two looks; then its token is gone as well.
            if (!ours.Contains(activity.Id) && held.ContainsKey(activity.Id))
            {
                try
                {
                    await token.CancelAsync();
                }
                catch (ObjectDisposedException)
                {
                }
            }
        }
    }

    public async Task ReportUnknownAsync(CancellationToken stop)
    {
        foreach (var name in await store.UnknownAsync(names, stop))
        {
            if (reported.Add(name))
            {
                log.LogWarning("There is work for the activity {Activity}, which this worker does not know; it is left to another one", name);
            }
        }
    }

    public Task CancelAllAsync() => stopping.CancelAsync();

    public void Dispose() => stopping.Dispose();
}
