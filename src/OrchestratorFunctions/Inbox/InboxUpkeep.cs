using Dapper;
using Npgsql;

namespace OrchestratorFunctions.Inbox;

/// <summary>What the inbox needs over time: finding what was left, forgetting what is old, and the operator's view.</summary>
internal sealed class InboxUpkeep(NpgsqlDataSource dataSource, TimeProvider time)
{
    // Longer than any vendor redelivers (Telegram a day, GitHub three), so that a late repeat is still known.
    private static readonly TimeSpan KeepKeys = TimeSpan.FromDays(30);

    /// <summary>The conversations with a due row that nobody has taken up for <paramref name="age"/>.</summary>
    public async Task<IReadOnlyList<string>> StaleAddressesAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<string>(new CommandDefinition(
            "/* name: inbox.stale_addresses */ select distinct address from inbox where status = 'OPEN' and received_at <= @limit and not_before <= @now",
            new { limit = time.GetUtcNow() - age, now = time.GetUtcNow() }, cancellationToken: cancellationToken))];
    }

    /// <summary>Forgets finished rows after 30 days.</summary>
    public async Task ForgetOldAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "/* name: inbox.forget_old */ delete from inbox where status = 'DONE' and finished_at < @limit", new { limit = time.GetUtcNow() - KeepKeys }, cancellationToken: cancellationToken));
    }

    /// <summary>The rows of one status, oldest first, at most 100.</summary>
    public async Task<IReadOnlyList<InboxSummary>> ListAsync(string status, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<InboxSummary>(new CommandDefinition(
            $"/* name: inbox.list */ select {InboxSummary.Columns} from inbox where status = @status order by id limit 100", new { status }, cancellationToken: cancellationToken))];
    }

    public async Task<InboxSummary?> FindAsync(long id, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<InboxSummary?>(new CommandDefinition(
            $"/* name: inbox.find */ select {InboxSummary.Columns} from inbox where id = @id", new { id }, cancellationToken: cancellationToken));
    }

    /// <summary>Gives a parked row another turn. False: it is not parked.</summary>
    public Task<bool> ReplayAsync(long id, CancellationToken cancellationToken) => OnParkedAsync(
        "/* name: inbox.replay */ update inbox set status = 'OPEN', finished_at = null, attempts = 0, not_before = @now where id = @id and status = 'PARKED'", id, cancellationToken);

    /// <summary>Gives a parked row up. False: it is not parked.</summary>
    public Task<bool> DropAsync(long id, CancellationToken cancellationToken) => OnParkedAsync(
        "/* name: inbox.drop */ update inbox set status = 'DONE', finished_at = @now where id = @id and status = 'PARKED'", id, cancellationToken);

    private async Task<bool> OnParkedAsync(string sql, long id, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(new CommandDefinition(sql, new { id, now = time.GetUtcNow() }, cancellationToken: cancellationToken)) == 1;
    }
}

/// <summary>A row as the operator sees it: what happened to it, not what was said.</summary>
internal sealed record InboxSummary(long Id, string Source, string DeliveryId, string Address, string Kind, string Status, int Attempts, DateTimeOffset ReceivedAt, string? Error)
{
    public const string Columns = "id, source, delivery_id, address, kind, status, attempts, received_at, error";
}
