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
    private readonly TaskHubEngine engine;
    private readonly EngineLoops loops;
    private readonly NotificationListener listener;
    private readonly Loop reports;

    internal TaskHubWorker(
        NpgsqlDataSource database, DurableTaskRegistry registry, IServiceProvider services, ILoggerFactory loggers, Wakeups wakeups, PostgresTaskHubOptions options, TimeProvider time)
    {
        var log = loggers.CreateLogger("DurableTask.PostgreSql");
        var worker = $"{Environment.ProcessId}-{Guid.CreateVersion7(time.GetUtcNow()).ToString("N")[20..]}";
        engine = new TaskHubEngine(new Database.HubDatabase(database), registry, services, loggers, wakeups, options, time, worker, () => Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), TaskScheduler.Default);
        loops = new EngineLoops(engine, wakeups, options, time, log);
        listener = new NotificationListener(database, wakeups, time, log);
        // On its own: among much that nobody here knows it takes long.
        reports = new Loop("Looking for unknown work", new Signal(), options.Lease / 3, time, log);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        base.Dispose();
        engine.Dispose();
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(loops.RunAsync(stoppingToken), listener.RunAsync(stoppingToken), reports.RunAsync(engine.ReportUnknownAsync, stoppingToken));
}
