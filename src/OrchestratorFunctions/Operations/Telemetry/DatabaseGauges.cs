using System.Diagnostics.Metrics;

namespace OrchestratorFunctions.Operations.Telemetry;

/// <summary>
/// The gauges that are read from the database, so that they are true with several processes and after a restart. They are at most
/// five seconds old; without a database they are NaN, since the last known value would look like the present one.
/// </summary>
internal sealed class DatabaseGauges : IDisposable
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);
    private readonly GaugeStore store;
    private readonly TimeProvider time;
    private readonly ILogger<DatabaseGauges> logger;
    private readonly SemaphoreSlim one = new(1);
    private (Gauges? Value, long At)? last;

    public DatabaseGauges(IMeterFactory meters, GaugeStore store, TimeProvider time, ILogger<DatabaseGauges> logger)
    {
        this.store = store;
        this.time = time;
        this.logger = logger;
        var meter = meters.Create(AppMetrics.MeterName);
        void Show(string name, Func<Gauges, double> value) => meter.CreateObservableGauge(name, () => Current() is { } gauges ? value(gauges) : double.NaN);
        meter.CreateObservableGauge("database_up", () => Current() is null ? 0 : 1);
        Show("orchestrator_active_projects", gauges => gauges.ActiveProjects);
        Show("approval_gates_pending", gauges => gauges.GatesPending);
        Show("approval_gate_oldest_age_seconds", gauges => gauges.OldestGate);
        Show("inbox_open_rows", gauges => gauges.InboxOpen);
        Show("inbox_lag_seconds", gauges => gauges.InboxLag);
        Show("inbox_parked_rows", gauges => gauges.InboxParked);
        Show("outbox_pending_messages", gauges => gauges.OutboxPending);
        Show("outbox_lag_seconds", gauges => gauges.OutboxLag);
        Show("outbox_parked_messages", gauges => gauges.OutboxParked);
        Show("outbox_parked_addresses", gauges => gauges.ParkedAddresses);
        Show("durable_instances", gauges => gauges.Instances);
        Show("durable_parked", gauges => gauges.DurableParked);
        Show("durable_activities_waiting", gauges => gauges.ActivitiesWaiting);
        Show("durable_timer_lag_seconds", gauges => gauges.TimerLag);
        Show("database_connections", gauges => gauges.Connections);
    }

    /// <summary>Looks into the database when the last look is older than five seconds. Never throws.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await one.WaitAsync(cancellationToken);
        try
        {
            if (IsOld)
            {
                last = (await ReadAsync(cancellationToken), time.GetTimestamp());
            }
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();

    // By the time that passed: a clock that is put back must not make an old look seem new.
    private bool IsOld => last is not { } look || time.GetElapsedTime(look.At) >= GoodFor;

    private async Task<Gauges?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Opening a connection may ignore its token while a server hangs in the handshake.
            return await store.ReadAsync(cancellationToken).WaitAsync(Limit, time, cancellationToken);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            logger.LogWarning("The database could not be asked for the gauges: {Reason}", fault.Message);
            return null;
        }
    }

    // /metrics refreshes before it asks. An exporter asks on a thread of its own, once for each gauge; the first of them waits for the look.
    private Gauges? Current()
    {
        if (IsOld)
        {
            RefreshAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        return last?.Value;
    }
}
