using DurableTask.PostgreSql.Activities;
using DurableTask.PostgreSql.Hub;
using DurableTask.PostgreSql.Instances;
using DurableTask.PostgreSql.Timers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DurableTask.PostgreSql;

/// <summary>
/// Runs orchestrators and activities of the task hub in this process. Any number of processes may do so against one database. When it stops, it takes nothing more,
/// lets what runs end within the grace time, then gives the rest back.
/// </summary>
public sealed class TaskHubWorker : BackgroundService
{
    private readonly PostgresTaskHubOptions options;
    private readonly TimeProvider time;
    private readonly Wakeups wakeups;
    private readonly ILogger log;
    private readonly InstanceWork instances;
    private readonly ActivityWork activities;
    private readonly TimerWork timers;
    private readonly NotificationListener listener;

    internal TaskHubWorker(
        NpgsqlDataSource database, DurableTaskRegistry registry, IServiceProvider services, ILoggerFactory loggers, Wakeups wakeups, PostgresTaskHubOptions options, TimeProvider time)
    {
        var worker = $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.CreateVersion7(time.GetUtcNow()):N}";
        log = loggers.CreateLogger("DurableTask.PostgreSql");
        (this.options, this.time, this.wakeups) = (options.Valid(), time, wakeups);
        instances = new InstanceWork(
            registry, services, loggers, new InstanceStore(database, worker), new StepCommit(database, wakeups, worker, time), wakeups, options, time);
        activities = new ActivityWork(registry, services, log, new ActivityStore(database, wakeups, worker), wakeups, options, time);
        timers = new TimerWork(database, wakeups, options, time, log);
        listener = new NotificationListener(database, wakeups, time, log);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        base.Dispose();
        activities.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not on the thread that starts the host.
        await Task.Yield();
        wakeups.WorkerRuns = true;
        using var lastBeat = new CancellationTokenSource();
        var beating = BeatAsync(lastBeat.Token);
        var advancing = new WorkLoop<ClaimedInstance>(
            "instances", options.MaxConcurrentInstances, wakeups.Instances, full => wakeups.InstancesFull = full, options.PollInterval, time, log)
            .RunAsync(instances.ClaimAsync, instances.StepAsync, stoppingToken);
        var running = new WorkLoop<ClaimedActivity>(
            "activities", options.MaxConcurrentActivities, wakeups.Activities, full => wakeups.ActivitiesFull = full, options.PollInterval, time, log)
            .RunAsync(activities.ClaimAsync, activities.RunAsync, stoppingToken);
        var rest = Task.WhenAll(advancing, timers.RunAsync(stoppingToken), listener.RunAsync(stoppingToken));

        await Task.Delay(Timeout.InfiniteTimeSpan, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        wakeups.WorkerRuns = false;
        await Task.WhenAny(running, Task.Delay(options.ShutdownGrace, time, CancellationToken.None));
        await activities.CancelAllAsync();
        await Task.WhenAll(running, rest);
        await lastBeat.CancelAsync();
        await beating;
    }

    // Goes on while the last work ends: a lease must not run out during the grace time.
    private async Task BeatAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(options.Lease / 3, time);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(stop);
                await instances.HeartbeatAsync(stop);
                await activities.HeartbeatAsync(stop);
                await instances.ReportUnknownAsync(stop);
                await activities.ReportUnknownAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
            }
            catch (Exception exception)
            {
                log.LogWarning("A heartbeat failed ({Reason}); the next one follows", exception.Message);
            }
        }
    }
}
