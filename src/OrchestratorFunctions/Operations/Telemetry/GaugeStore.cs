using Dapper;
using Npgsql;
using OrchestratorFunctions.Database;

namespace OrchestratorFunctions.Operations.Telemetry;

/// <summary>What the database says about the whole app at one moment, whichever of its processes asks.</summary>
internal sealed record Gauges
{
    public long ActiveProjects { get; init; }

    public long GatesPending { get; init; }

    public double OldestGate { get; init; }

    public long InboxOpen { get; init; }

    public double InboxLag { get; init; }

    public long InboxParked { get; init; }

    public long OutboxPending { get; init; }

    public double OutboxLag { get; init; }

    public long OutboxParked { get; init; }

    public long ParkedAddresses { get; init; }

    public long Instances { get; init; }

    public long DurableParked { get; init; }

    public long ActivitiesWaiting { get; init; }

    public double TimerLag { get; init; }

    public long Connections { get; init; }
}

/// <summary>The SQL of the gauges: one statement, each part of it over a partial index or a small table.</summary>
internal sealed class GaugeStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    /// <summary>Whether the database takes writes: a standby does not. Throws what PostgreSQL says when there is no room on its disk.</summary>
    public Task<bool> TakesWritesAsync(CancellationToken cancellationToken) => dataSource.InTransactionAsync(
        async (connection, token) =>
        {
            await connection.ExecuteAsync(new CommandDefinition("/* name: gauges.little_memory */ select set_config('work_mem', '64kB', true)", cancellationToken: token));
            // Beyond that memory a sort writes a file of some pages, and leaves nothing behind.
            return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
                """
                /* name: gauges.takes_writes */
                select (select count(*) > 0 from (select n from generate_series(1, 3000) n order by random()) sorted) and not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off'
                """, cancellationToken: token));
        },
        cancellationToken);

    public async Task<Gauges> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<Gauges>(new CommandDefinition(
            """
            /* name: gauges.read */
            select (select count(*) from projects where status in ('VISION_REVIEW', 'PLANNING', 'IN_PROGRESS')) as active_projects,
                   g.pending as gates_pending, greatest(0, extract(epoch from @now - g.oldest))::float8 as oldest_gate,
                   i.open as inbox_open, greatest(0, extract(epoch from @now - i.oldest))::float8 as inbox_lag,
                   (select count(*) from inbox where status = 'PARKED') as inbox_parked,
                   o.pending as outbox_pending, greatest(0, extract(epoch from @now - o.oldest))::float8 as outbox_lag,
                   (select count(*) from outbox where status = 'PARKED') as outbox_parked,
                   (select count(*) from parked_addresses) as parked_addresses,
                   (select count(*) from durable.instances where finished_at is null) as instances,
                   (select count(*) from durable.instances where parked_reason is not null)
                     + (select count(*) from durable.activities where parked_reason is not null) as durable_parked,
                   (select count(*) from durable.activities where worker is null and parked_reason is null) as activities_waiting,
                   greatest(0, extract(epoch from @now - (select min(fire_at) from durable.timers)))::float8 as timer_lag,
                   (select count(*) from pg_stat_activity where datname = current_database()) as connections
            from (select count(*) as pending, min(created_at) as oldest from gates where status = 'PENDING') g,
                 (select count(*) as open, min(received_at) filter (where not_before <= @now) as oldest from inbox where status = 'OPEN') i,
                 (select count(*) as pending, min(created_at) filter (where not exists (select 1 from parked_addresses p where p.address = outbox.address)) as oldest
                  from outbox where status = 'PENDING') o
            """,
            new { now = time.GetUtcNow() }, commandTimeout: 3, cancellationToken: cancellationToken));
    }
}
