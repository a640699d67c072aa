using System.Data;
using Dapper;
using Npgsql;
using OrchestratorFunctions.Database;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Audit.Trail;

/// <summary>Which entries to show; null means any.</summary>
/// <param name="Person"><c>telegram:123456</c>, or the actor as it is stored.</param>
/// <param name="Most">The newest so many.</param>
internal sealed record AuditQuestion(Guid? Project, string? Person, string? Action, string? Result, DateTimeOffset? Since, DateTimeOffset? Until, int Most);

/// <summary>The newest entry of a chain, as noted beside the entries. Null: of the first chain, as it was when the others were begun.</summary>
internal sealed record ChainHead(Guid? Chain, long Position, byte[]? Hash);

/// <summary>The SQL that reads the trail.</summary>
internal sealed class AuditTrailStore(NpgsqlDataSource dataSource)
{
    private const string Columns =
        "e.id, e.chain, e.position, e.at, e.action, e.actor, p.person, e.project_id, e.details::text as details, e.result, e.ip_address, e.previous_hash, e.hash";

    private const string Source = "audit_entries e left join audit_people p on e.actor = 'person:' || p.id";

    /// <summary>The entries that fit, oldest first.</summary>
    public async Task<IReadOnlyList<StoredEntry>> FindAsync(AuditQuestion question, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<StoredEntry>(Command(
            $"""
            /* name: audit.query */
            select * from (
                select {Columns} from {Source}
                where (@Project::uuid is null or e.project_id = @Project) and (@Person::text is null or p.person = @Person or e.actor = @Person)
                  and (@Action::text is null or e.action = @Action) and (@Result::text is null or e.result = @Result)
                  and (@Since::timestamptz is null or e.at >= @Since) and (@Until::timestamptz is null or e.at < @Until)
                order by e.id desc limit @Most) newest
            order by id
            """,
            question, cancellationToken))];
    }

    /// <summary>Gives every head and then every entry, chain by chain and in order, all as of one moment.</summary>
    public async Task ReadAllAsync(Action<ChainHead> head, Action<StoredEntry> entry, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var moment = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        foreach (var row in await connection.QueryAsync<HeadRow>(Command("/* name: audit.heads */ select chain, position, hash from audit_heads", new { }, cancellationToken)))
        {
            head(new ChainHead(row.Chain, row.Position, row.Hash));
        }

        // Unbuffered: a trail of years need not fit into memory.
        await foreach (var row in connection.QueryUnbufferedAsync<StoredEntry>(
            $"/* name: audit.read_all */ select {Columns} from {Source} order by e.chain nulls first, coalesce(e.position, e.id), e.id").WithCancellation(cancellationToken))
        {
            entry(row);
        }
    }

    /// <summary>Takes up to <paramref name="count"/> entries that were not exported; they count as exported when the caller's transaction commits.</summary>
    public async Task<IReadOnlyList<StoredEntry>> TakeUnexportedAsync(NpgsqlConnection connection, int count, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<StoredEntry>(Command(
            $"""
            /* name: audit.take_unexported */
            with taken as (delete from audit_unexported where id in (select id from audit_unexported order by id limit @count for update skip locked) returning id)
            select {Columns} from taken t join {Source} on e.id = t.id order by e.id
            """,
            new { count }, cancellationToken))];

    private sealed class HeadRow
    {
        public Guid? Chain { get; init; }

        public long Position { get; init; }

        public byte[]? Hash { get; init; }
    }
}
