using Dapper;
using DurableTask.PostgreSql.Database;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.GitHub.Webhook;

/// <summary>A verified delivery, before it is stored.</summary>
/// <param name="DeliveryId">GitHub's id of it; equal when it is delivered again, and outside of what is signed.</param>
/// <param name="BodySha256">Of the raw body, so that a replay under another id is known.</param>
/// <param name="SubjectKey">What it is about, so that the same thing from two hooks is known; null when there is no such name.</param>
/// <param name="Queue">What is handled in order.</param>
/// <param name="Payload">What is kept until it is handled; null when nothing is to be done.</param>
/// <param name="IgnoredWhy">Why nothing is to be done; null when it is to be handled.</param>
internal sealed record NewDelivery(string DeliveryId, byte[] BodySha256, string? SubjectKey, string Event, string? Action, string Queue, string? Payload, string? IgnoredWhy);

/// <summary>A stored delivery that is to be handled.</summary>
internal sealed record StoredDelivery(long Id, string DeliveryId, string Event, string Payload, int Attempts, DateTimeOffset ReceivedAt, DateTimeOffset NotBefore);

/// <summary>A delivery as the operator sees it.</summary>
internal sealed record DeliverySummary(long Id, string DeliveryId, string Event, string? Action, string Queue, string Status, int Attempts, DateTimeOffset ReceivedAt, string? Reason);

/// <summary>The SQL of what GitHub delivered.</summary>
internal sealed class DeliveryStore
{
    private const int MostTogether = 64;

    // Longer than GitHub redelivers (three days), so that a late repeat is still known.
    private static readonly TimeSpan KeepKeys = TimeSpan.FromDays(30);

    private readonly NpgsqlDataSource dataSource;
    private readonly TimeProvider time;
    private readonly Batcher<NewDelivery, bool> accepting;

    public DeliveryStore(NpgsqlDataSource dataSource, TimeProvider time)
    {
        (this.dataSource, this.time) = (dataSource, time);
        // One trip at a time: what comes while a commit is under way shares the next one.
        accepting = new Batcher<NewDelivery, bool>(AcceptAsync, lanes: 1, crowd: () => 1, MostTogether, TaskScheduler.Default);
    }

    /// <summary>Stores a delivery once by each of its three keys. False: it was stored before. When this returns, it is committed.</summary>
    public Task<bool> AcceptAsync(NewDelivery delivery, CancellationToken cancellationToken) => accepting.AskAsync(delivery).WaitAsync(cancellationToken);

    // One statement is one transaction. Who hangs up takes nothing back, since others are in it too.
    private async Task<IReadOnlyList<bool>> AcceptAsync(IReadOnlyList<NewDelivery> deliveries)
    {
        await using var connection = await dataSource.OpenConnectionAsync(CancellationToken.None);
        var stored = (await connection.QueryAsync<string>(Command(
            """
            /* name: github_deliveries.accept */
            insert into github_deliveries (delivery_id, body_sha256, subject_key, event, action, queue, payload, status, reason, received_at, not_before, finished_at)
            select d.delivery_id, d.body_sha256, d.subject_key, d.event, d.action, d.queue, d.payload, case when d.reason is null then 'OPEN' else 'IGNORED' end, d.reason, @now, @now,
                case when d.reason is null then null else @now::timestamptz end
            from unnest(@ids::text[], @hashes::bytea[], @subjects::text[], @events::text[], @actions::text[], @queues::text[], @payloads::text[], @reasons::text[])
                as d (delivery_id, body_sha256, subject_key, event, action, queue, payload, reason)
            -- Everybody in the same order: two processes that are told the same by two hooks do not wait for each other in a circle.
            order by d.subject_key, d.delivery_id
            on conflict do nothing
            returning delivery_id
            """,
            new
            {
                ids = Each(delivery => delivery.DeliveryId), hashes = Each(delivery => delivery.BodySha256), subjects = Each(delivery => delivery.SubjectKey), events = Each(delivery => delivery.Event),
                actions = Each(delivery => delivery.Action), queues = Each(delivery => delivery.Queue), payloads = Each(delivery => delivery.Payload), reasons = Each(delivery => delivery.IgnoredWhy), now = time.GetUtcNow(),
            },
            CancellationToken.None))).ToHashSet(StringComparer.Ordinal);
        return [.. deliveries.Select(delivery => stored.Remove(delivery.DeliveryId))];

        T[] Each<T>(Func<NewDelivery, T> part) => [.. deliveries.Select(part)];
    }

    /// <summary>The oldest open delivery of a queue, when it is due; null when none is. Counts the attempt.</summary>
    public Task<StoredDelivery?> ClaimAsync(NpgsqlConnection connection, string queue, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<StoredDelivery?>(Command(
            """
            /* name: github_deliveries.claim */
            update github_deliveries set attempts = attempts + 1
            where id = (select id from github_deliveries where queue = @queue and status = 'OPEN' order by id limit 1) and not_before <= @now
            returning id, delivery_id, event, payload, attempts, received_at, not_before
            """,
            new { queue, now = time.GetUtcNow() }, cancellationToken));

    /// <summary>It is handled: nothing of what was said is kept here.</summary>
    public Task DoneAsync(NpgsqlConnection connection, long id, string? ignoredWhy, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            """
            /* name: github_deliveries.done */
            update github_deliveries set status = case when @ignoredWhy::text is null then 'DONE' else 'IGNORED' end, reason = @ignoredWhy, payload = null, finished_at = @now
            where id = @id and status = 'OPEN'
            """,
            new { id, ignoredWhy, now = time.GetUtcNow() }, cancellationToken));

    /// <summary>Not now; what follows in the queue waits behind it. A vendor's outage does not count as an attempt.</summary>
    public Task LaterAsync(NpgsqlConnection connection, long id, TimeSpan delay, string reason, bool counts, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            """
            /* name: github_deliveries.later */
            update github_deliveries set not_before = @next, reason = @reason, attempts = attempts - case when @counts then 0 else 1 end where id = @id and status = 'OPEN'
            """,
            new { id, next = time.GetUtcNow() + delay, reason, counts }, cancellationToken));

    /// <summary>Sets it aside for the operator.</summary>
    public Task ParkAsync(NpgsqlConnection connection, long id, string reason, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: github_deliveries.park */ update github_deliveries set status = 'PARKED', reason = @reason, finished_at = @now where id = @id and status = 'OPEN'",
            new { id, reason, now = time.GetUtcNow() }, cancellationToken));

    /// <summary>The queues whose oldest open delivery is due.</summary>
    public async Task<IReadOnlyList<string>> DueQueuesAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<string>(Command(
            """
            /* name: github_deliveries.due_queues */
            select head.queue from (select distinct on (queue) queue, not_before from github_deliveries where status = 'OPEN' order by queue, id) head where head.not_before <= @now
            """,
            new { now = time.GetUtcNow() }, cancellationToken))];
    }

    /// <summary>Which of these delivery ids are stored.</summary>
    public async Task<IReadOnlySet<string>> KnownAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<string>(Command(
            "/* name: github_deliveries.known */ select delivery_id from github_deliveries where delivery_id = any(@ids)", new { ids = ids.ToArray() }, cancellationToken))).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The newest rows of one status, at most 100.</summary>
    public async Task<IReadOnlyList<DeliverySummary>> ListAsync(string status, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<DeliverySummary>(Command(
            """
            /* name: github_deliveries.list */
            select id, delivery_id, event, action, queue, status, attempts, received_at, reason from github_deliveries where status = @status order by id desc limit 100
            """,
            new { status }, cancellationToken))];
    }

    /// <summary>Gives a parked delivery another turn. False: it is not parked.</summary>
    public async Task<bool> ReplayAsync(long id, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(Command(
            "/* name: github_deliveries.replay */ update github_deliveries set status = 'OPEN', finished_at = null, attempts = 0, not_before = @now where id = @id and status = 'PARKED'",
            new { id, now = time.GetUtcNow() }, cancellationToken)) == 1;
    }

    /// <summary>Forgets finished deliveries after 30 days.</summary>
    public async Task ForgetOldAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Command(
            "/* name: github_deliveries.forget_old */ delete from github_deliveries where status in ('DONE', 'IGNORED') and finished_at < @limit",
            new { limit = time.GetUtcNow() - KeepKeys }, cancellationToken));
    }
}
