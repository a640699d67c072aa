using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.GitHub.Webhook;

/// <summary>A verified delivery, before it is stored.</summary>
/// <param name="DeliveryId">GitHub's id of it; equal when it is delivered again, and outside of what is signed.</param>
/// <param name="BodySha256">Of the raw body, so that a replay under another id is known.</param>
/// <param name="SubjectKey">What it is about, so that the same thing from two hooks is known; null when there is no such name.</param>
/// <param name="Queue">What is handled in order.</param>
/// <param name="IgnoredWhy">Why nothing is to be done; null when it is to be handled.</param>
internal sealed record NewDelivery(string DeliveryId, byte[] BodySha256, string? SubjectKey, string Event, string? Action, string Queue, string Payload, string? IgnoredWhy);

/// <summary>A stored delivery that is to be handled.</summary>
internal sealed record StoredDelivery(long Id, string DeliveryId, string Event, string Payload, int Attempts, DateTimeOffset ReceivedAt, DateTimeOffset NotBefore);

/// <summary>A delivery as the operator sees it.</summary>
internal sealed record DeliverySummary(long Id, string DeliveryId, string Event, string? Action, string Queue, string Status, int Attempts, DateTimeOffset ReceivedAt, string? Reason);

/// <summary>The SQL of what GitHub delivered.</summary>
internal sealed class DeliveryStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    // Longer than GitHub redelivers (three days), so that a late repeat is still known.
    private static readonly TimeSpan KeepKeys = TimeSpan.FromDays(30);

    /// <summary>Stores a delivery once by each of its three keys. False: it was stored before.</summary>
    public async Task<bool> AcceptAsync(NewDelivery delivery, CancellationToken cancellationToken)
    {
        // One statement is one transaction: when this returns, it is committed.
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(Command(
            """
            /* name: github_deliveries.accept */
            insert into github_deliveries (delivery_id, body_sha256, subject_key, event, action, queue, payload, status, reason, received_at, not_before, finished_at)
            values (@DeliveryId, @BodySha256, @SubjectKey, @Event, @Action, @Queue, @payload, @status, @IgnoredWhy, @now, @now, @finished)
            on conflict do nothing
            """,
            new
            {
                delivery.DeliveryId, delivery.BodySha256, delivery.SubjectKey, delivery.Event, delivery.Action, delivery.Queue, delivery.IgnoredWhy,
                payload = delivery.IgnoredWhy is null ? delivery.Payload : null, status = delivery.IgnoredWhy is null ? "OPEN" : "IGNORED", now = time.GetUtcNow(),
                finished = delivery.IgnoredWhy is null ? (DateTimeOffset?)null : time.GetUtcNow(),
            },
            cancellationToken)) == 1;
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
