using Dapper;
using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Api;

/// <summary>A token as the operator sees it; the token itself is not kept.</summary>
internal sealed record StoredToken(Guid Id, string Name, string Role, string? Person, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt);

/// <summary>The SQL of tokens.</summary>
internal sealed class ApiTokenStore(NpgsqlDataSource dataSource, AuditLog audit, TimeProvider time)
{
    /// <summary>Stores a token by its hash, and in the same transaction who made it.</summary>
    public Task<Guid> AddAsync(string name, byte[] hash, ApiRole role, string? person, TimeSpan validFor, string actor, CancellationToken cancellationToken) => dataSource.InTransactionAsync(
        async (connection, token) =>
        {
            var now = time.GetUtcNow();
            var id = Guid.CreateVersion7(now);
            var stored = role.ToString().ToLowerInvariant();
            await connection.ExecuteAsync(Command(
                """
                /* name: tokens.add */
                insert into api_tokens (id, name, hash, role, person, created_at, expires_at) values (@id, @name, @hash, @stored, @person, @now, @until)
                """,
                new { id, name, hash, stored, person, now, until = now + validFor }, token));
            await audit.AppendAsync(connection, new AuditEntry("token_created", actor, null, new { id, name, role = stored, days = (int)validFor.TotalDays }), token);
            return id;
        },
        cancellationToken);

    /// <summary>Who holds the token of this hash; null when nobody does, or not any more.</summary>
    public async Task<ApiCaller?> FindAsync(byte[] hash, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var found = await connection.QuerySingleOrDefaultAsync<(string Name, string Role, string? Person)?>(Command(
            "/* name: tokens.find */ select name, role, person from api_tokens where hash = @hash and revoked_at is null and expires_at > @now", new { hash, now = time.GetUtcNow() }, cancellationToken));
        return found is { } row ? new ApiCaller(row.Name, Enum.Parse<ApiRole>(row.Role, ignoreCase: true), row.Person) : null;
    }

    public async Task<IReadOnlyList<StoredToken>> ListAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<StoredToken>(new CommandDefinition(
            "/* name: tokens.list */ select id, name, role, person, created_at, expires_at, revoked_at from api_tokens order by created_at", cancellationToken: cancellationToken))];
    }

    /// <summary>Ends a token now. False: there is no such token, or it was ended before.</summary>
    public Task<bool> RevokeAsync(Guid id, string actor, CancellationToken cancellationToken) => dataSource.InTransactionAsync(
        async (connection, token) =>
        {
            if (await connection.ExecuteAsync(Command("/* name: tokens.revoke */ update api_tokens set revoked_at = @now where id = @id and revoked_at is null", new { id, now = time.GetUtcNow() }, token)) == 0)
            {
                return false;
            }

            await audit.AppendAsync(connection, new AuditEntry("token_revoked", actor, null, new { id }), token);
            return true;
        },
        cancellationToken);
}
