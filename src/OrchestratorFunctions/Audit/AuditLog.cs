using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using OrchestratorFunctions.Database;

namespace OrchestratorFunctions.Audit;

/// <summary>
/// The append-only trail. Each entry carries the SHA-256 of itself and its predecessor, so that a changed or missing row shows.
/// Entries are numbered without gaps under one lock that is held until the caller's transaction ends: append last.
/// </summary>
internal sealed class AuditLog(TimeProvider time)
{
    // Any constant will do: it only has to be the same in every process of the app.
    private const long ChainLock = 0x6F7263685F617564;

    /// <summary>Appends <paramref name="entry"/> in the transaction of <paramref name="connection"/>.</summary>
    public async Task AppendAsync(NpgsqlConnection connection, AuditEntry entry, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(new CommandDefinition("/* name: audit.lock_chain */ select pg_advisory_xact_lock(@ChainLock)", new { ChainLock }, cancellationToken: cancellationToken));
        var last = await connection.QuerySingleOrDefaultAsync<(long Id, byte[] Hash)>(new CommandDefinition(
            "/* name: audit.read_last */ select id, hash from audit_entries order by id desc limit 1", cancellationToken: cancellationToken));

        var id = last.Id + 1;
        var at = Truncate(time.GetUtcNow());
        var details = Json.Write(entry.Details);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            /* name: audit.append */
            insert into audit_entries (id, at, action, actor, project_id, details, result, previous_hash, hash)
            values (@id, @at, @Action, @Actor, @ProjectId, @details::json, @Result, @previous, @hash)
            """,
            new { id, at, entry.Action, entry.Actor, entry.ProjectId, details, entry.Result, previous = last.Hash, hash = Hash(id, at, entry, details, last.Hash) },
            cancellationToken: cancellationToken));
    }

    /// <summary>The hash of one entry: SHA-256 over its fields, each preceded by its length, and the hash before it.</summary>
    public static byte[] Hash(long id, DateTimeOffset at, AuditEntry entry, string details, byte[]? previous)
    {
        var text = new StringBuilder();
        string[] fields =
        [
            id.ToString(CultureInfo.InvariantCulture), at.ToString("O", CultureInfo.InvariantCulture), entry.Action, entry.Actor,
            entry.ProjectId?.ToString() ?? "", details, entry.Result, Convert.ToHexString(previous ?? []),
        ];
        foreach (var field in fields)
        {
            text.Append(field.Length).Append(':').Append(field);
        }

        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
    }

    // PostgreSQL keeps microseconds; what is hashed must be what is read back.
    private static DateTimeOffset Truncate(DateTimeOffset at) => new(at.Ticks - (at.Ticks % 10), TimeSpan.Zero);
}
