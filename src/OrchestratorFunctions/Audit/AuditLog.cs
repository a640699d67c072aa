using Dapper;
using Npgsql;
using OrchestratorFunctions.Database;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Audit;

/// <summary>
/// The append-only trail. Each entry carries the SHA-256 of itself and of the entry before it in its chain, so that a changed, missing or
/// moved row shows. There is a chain for each project and one for the system; a chain is locked until the caller's transaction ends: append last.
/// </summary>
internal sealed class AuditLog(TimeProvider time)
{
    /// <summary>Appends <paramref name="entry"/> in the transaction of <paramref name="connection"/>.</summary>
    public async Task AppendAsync(NpgsqlConnection connection, AuditEntry entry, CancellationToken cancellationToken)
    {
        // Before the chain is locked: whoever meets a new person must not hold a chain that the other one needs.
        var actor = entry.IsOfPerson ? $"person:{await PseudonymAsync(connection, entry.Actor, cancellationToken)}" : entry.Actor;
        // Locks the chain by its head's row, which is made when it is the first entry.
        var head = await connection.QuerySingleAsync<Head>(Command(
            """
            /* name: audit.lock_chain */
            insert into audit_heads as h (chain, position) values (@Chain, 0) on conflict (chain) do update set position = h.position
            returning h.position, h.hash
            """,
            new { entry.Chain }, cancellationToken));
        var position = head.Position + 1;
        var at = Truncate(time.GetUtcNow());
        var details = Json.Write(entry.Details);
        await connection.ExecuteAsync(Command(
            """
            /* name: audit.append */
            with moved as (update audit_heads set position = @position, hash = @hash where chain = @Chain)
            insert into audit_entries (chain, position, at, action, actor, project_id, details, result, ip_address, previous_hash, hash)
            values (@Chain, @position, @at, @Action, @actor, @ProjectId, @details::json, @Result, @IpAddress, @previous, @hash)
            """,
            new
            {
                entry.Chain, position, at, entry.Action, actor, entry.ProjectId, details, entry.Result, entry.IpAddress, previous = head.Hash,
                hash = AuditHash.Of(entry.Chain, position, at, entry, actor, details, head.Hash),
            },
            cancellationToken));
        if (position == 1 && entry.ProjectId is { } project)
        {
            // So that a project's whole trail cannot vanish: the system's chain knows that it was begun.
            await AppendAsync(connection, new AuditEntry("trail_begun", AuditEntry.System, null, new { project }), cancellationToken);
        }
    }

    /// <summary>Forgets who a person is; what the person did stays, under a pseudonym that leads nowhere.</summary>
    public Task ForgetAsync(NpgsqlConnection connection, string person, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command("/* name: audit.forget_person */ delete from audit_people where person = @person", new { person }, cancellationToken));

    // Of two transactions that meet a person first, the second waits for the first and then finds its pseudonym.
    private async Task<Guid> PseudonymAsync(NpgsqlConnection connection, string person, CancellationToken cancellationToken)
    {
        if (await FindAsync(connection, person, cancellationToken) is { } known)
        {
            return known;
        }

        await connection.ExecuteAsync(Command(
            "/* name: audit.add_person */ insert into audit_people (id, person, since) values (@id, @person, @now) on conflict (person) do nothing",
            new { id = Guid.CreateVersion7(time.GetUtcNow()), person, now = time.GetUtcNow() }, cancellationToken));
        return (await FindAsync(connection, person, cancellationToken))!.Value;
    }

    private static Task<Guid?> FindAsync(NpgsqlConnection connection, string person, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Guid?>(Command("/* name: audit.find_person */ select id from audit_people where person = @person", new { person }, cancellationToken));

    // PostgreSQL keeps microseconds; what is hashed must be what is read back.
    private static DateTimeOffset Truncate(DateTimeOffset at) => new(at.Ticks - (at.Ticks % 10), TimeSpan.Zero);

    private sealed class Head
    {
        public long Position { get; init; }

        public byte[]? Hash { get; init; }
    }
}
