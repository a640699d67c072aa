using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.GitHub.Events;

/// <summary>The SQL of two questions about an issue before anything is let in: whether we talk there, and whether it is a project.</summary>
internal sealed class ConversationLookupStore(NpgsqlDataSource dataSource)
{
    /// <summary>Whether a project was begun there, or anything was said by us there.</summary>
    public Task<bool> IsOursAsync(string address, CancellationToken cancellationToken) => AskAsync(
        "/* name: github_conversations.is_ours */ select exists (select 1 from projects where address = @address) or exists (select 1 from outbox where address = @address)",
        new { address }, cancellationToken);

    /// <summary>Whether the issue is a project that is not over, or is about to become one by anything but the delivery whose keys begin with <paramref name="own"/>.</summary>
    public Task<bool> HasProjectAsync(string address, string own, CancellationToken cancellationToken) => AskAsync(
        """
        /* name: github_conversations.has_project */
        select exists (select 1 from projects where address = @address and status not in ('CANCELLED', 'COMPLETED'))
            or exists (select 1 from inbox where address = @address and status = 'OPEN' and payload ->> 'text' like '/new %' and not starts_with(delivery_id, @own))
        """,
        new { address, own = own.Length == 0 ? "none" : own }, cancellationToken);

    private async Task<bool> AskAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(Command(sql, parameters, cancellationToken));
    }
}
