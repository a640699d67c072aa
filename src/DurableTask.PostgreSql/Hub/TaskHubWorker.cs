using DurableTask.PostgreSql.Hub;
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
    private readonly TaskHubEngine engine;
    private readonly NotificationListener listener;

    internal TaskHubWorker(
        NpgsqlDataSource database, DurableTaskRegistry registry, IServiceProvider services, ILoggerFactory loggers, Wakeups wakeups, PostgresTaskHubOptions options, TimeProvider time)
    {
        log = loggers.CreateLogger("DurableTask.PostgreSql");
        (this.options, this.time, this.wakeups) = (options.Valid(), time, wakeups);
        var worker = $"{Environment.ProcessId}-{Guid.CreateVersion7(time.GetUtcNow()).ToString("N")[20..]}";
        engine = new TaskHubEngine(new Database.HubDatabase(database), registry, services, loggers, wakeups, options, time, worker, () => Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), TaskScheduler.Default);
        listener = new NotificationListener(database, wakeups, time, log);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        base.Dispose();
        engine.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // From here on clients of this process give their mail to the engine. The rest is not for the thread that starts the host.
        wakeups.Engine = engine;
        await Task.Yield();
        using var lastBeat = new CancellationTokenSource();
        var beating = LoopOf("A heartbeat", new Signal(), options.Lease / 3).RunAsync(BeatAsync, lastBeat.Token);
        // Not between two beats: among much that nobody here knows it takes long.
        var reporting = LoopOf("Looking for unknown work", new Signal(), options.Lease / 3).RunAsync(ReportAsync, lastBeat.Token);
        var waiting = LoopOf("Giving back activities", engine.Activities.Waiting, options.PollInterval).RunAsync(engine.Activities.GiveBackAsync, lastBeat.Token);
        var working = Task.WhenAll(
            LoopOf("Claiming mail", wakeups.Mail, options.PollInterval).RunAsync(engine.ClaimMailAsync, stoppingToken),
            LoopOf("Claiming activities", wakeups.Activities, options.PollInterval).RunAsync(engine.Activities.ClaimAsync, stoppingToken),
            LoopOf("Firing timers", wakeups.Timers, options.PollInterval).RunAsync(engine.Timers.FireAsync, stoppingToken),
            listener.RunAsync(stoppingToken));

        await Task.Delay(Timeout.InfiniteTimeSpan, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        wakeups.Engine = null;
        await working;
        // Heartbeats go on while the last work ends: a lease must not run out during the grace time.
        await engine.StopAsync();
        await lastBeat.CancelAsync();
        await Task.WhenAll(beating, reporting, waiting);
    }

    private async Task<TimeSpan> BeatAsync(CancellationToken stop)
    {
        await engine.Activities.HeartbeatAsync(stop);
        return options.Lease / 3;
    }

    private async Task<TimeSpan> ReportAsync(CancellationToken stop)
    {
        await engine.ReportUnknownAsync(stop);
        return options.Lease / 3;
    }

    private Loop LoopOf(string what, Signal signal, TimeSpan atMost) => new(what, signal, atMost, time, log);
}
