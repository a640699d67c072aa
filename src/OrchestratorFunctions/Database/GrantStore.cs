using Npgsql;

namespace OrchestratorFunctions.Database;

/// <summary>
/// Gives a database role what the app needs and no more: it reads and writes rows, appends to the audit trail without changing it, and owns nothing.
/// Whoever serves with such a role cannot rewrite the trail, not even by switching its triggers off.
/// </summary>
internal sealed class GrantStore(NpgsqlDataSource dataSource)
{
    /// <param name="role">A name of letters, digits and underscores, which is what keeps it from being anything else.</param>
    public async Task GrantAsync(string role, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            grant usage on schema public, durable to {role};
            grant select, insert, update, delete on all tables in schema public, durable to {role};
            grant usage, select, update on all sequences in schema public, durable to {role};
            grant execute on all functions in schema public, durable to {role};
            revoke insert, update, delete on public.schema_versions from {role};
            revoke update, delete, truncate on audit_entries from {role};
            revoke delete, truncate on audit_heads from {role};
            """);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
