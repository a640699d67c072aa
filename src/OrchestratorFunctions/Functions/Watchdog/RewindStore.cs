using Dapper;
using DurableTask;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Functions.Watchdog;

/// <summary>What the watchdog knows of an instance that has failed.</summary>
/// <param name="FailedAt">The failure that it looked at last.</param>
/// <param name="Rewinds">How often it was taken back since it last went a day without.</param>
/// <param name="IsSettled">Whether nothing more is done about that failure.</param>
internal sealed record KnownFailure(DateTimeOffset FailedAt, int Rewinds, bool IsSettled);

/// <summary>The SQL of the watchdog.</summary>
internal sealed class RewindStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    // An instance that has run so long since its last rewind is well again: a conversation lives for years and its worker may die once a month.
    private static readonly TimeSpan WellAgainAfter = TimeSpan.FromDays(1);

    // Longer than an engine takes to note the end of a child that it has told already.
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(20);

    public async Task<KnownFailure?> FindAsync(string instanceId, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<KnownFailure?>(Command(
            "/* name: rewinds.find */ select failed_at, case when status = 'REWOUND' and rewound_at > @limit then rewinds else 0 end as rewinds, status <> 'REWOUND' as is_settled from rewinds where instance_id = @instanceId",
            new { instanceId, limit = time.GetUtcNow() - WellAgainAfter }, cancellationToken));
    }

    public async Task LeaveAsync(OrchestrationMetadata failed, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Command(
            """
            /* name: rewinds.leave */
            insert into rewinds (instance_id, status, failed_at, rewinds) values (@InstanceId, 'LEFT', @failedAt, 0)
            on conflict (instance_id) do update set status = 'LEFT', failed_at = excluded.failed_at
            """,
            new { failed.InstanceId, failedAt = Stored(failed.LastUpdatedAt) }, cancellationToken));
    }

    public Task CountAsync(NpgsqlConnection connection, OrchestrationMetadata failed, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            """
            /* name: rewinds.count */
            insert into rewinds (instance_id, status, failed_at, rewinds, rewound_at) values (@InstanceId, 'REWOUND', @failedAt, 1, @now)
            on conflict (instance_id) do update set status = 'REWOUND', failed_at = excluded.failed_at, rewound_at = excluded.rewound_at, made_good_at = null,
                rewinds = case when rewinds.status = 'REWOUND' and rewinds.rewound_at > @limit then rewinds.rewinds else 0 end + 1
            """,
            new { failed.InstanceId, failedAt = Stored(failed.LastUpdatedAt), now = time.GetUtcNow(), limit = time.GetUtcNow() - WellAgainAfter }, cancellationToken));

    /// <summary>The instances that were taken back and not looked at since, oldest first, after a while in which the end of a child may have come late.</summary>
    public async Task<IReadOnlyList<string>> NotMadeGoodAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<string>(Command(
            "/* name: rewinds.not_made_good */ select instance_id from rewinds where status = 'REWOUND' and made_good_at is null and rewound_at < @before order by rewound_at limit 100",
            new { before = time.GetUtcNow() - LookAgainAfter }, cancellationToken))];
    }

    public async Task MadeGoodAsync(string instanceId, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Command("/* name: rewinds.made_good */ update rewinds set made_good_at = @now where instance_id = @instanceId", new { instanceId, now = time.GetUtcNow() }, cancellationToken));
    }

    public Task ParkAsync(NpgsqlConnection connection, OrchestrationMetadata failed, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: rewinds.park */ update rewinds set status = 'PARKED', failed_at = @failedAt where instance_id = @InstanceId",
            new { failed.InstanceId, failedAt = Stored(failed.LastUpdatedAt) }, cancellationToken));

    /// <summary>A time as PostgreSQL keeps it, in microseconds.</summary>
    public static DateTimeOffset Stored(DateTimeOffset at) => new(at.Ticks - (at.Ticks % 10), TimeSpan.Zero);
}
