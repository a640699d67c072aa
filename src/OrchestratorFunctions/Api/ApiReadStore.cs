using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Api;

/// <summary>A project as the API shows it.</summary>
internal sealed record ProjectView(Guid Id, string Name, string Status, string? Activity, string? Repository, DateTimeOffset CreatedAt, Guid? OpenGate);

/// <summary>A gate as the API shows it. <paramref name="Document"/> is what is judged, as Markdown; null for an error.</summary>
internal sealed record GateDetails(
    Guid Id, Guid ProjectId, string Kind, string Title, string Status, int? Version, string? Sha256, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? DecidedAt, string? Document);

/// <summary>The SQL of what the API shows.</summary>
internal sealed class ApiReadStore(NpgsqlDataSource dataSource)
{
    private const string GateColumns =
        "g.id, g.project_id, g.kind, g.title, g.status, g.document_version as version, g.document_sha256 as sha256, g.created_at, g.expires_at, g.decided_at";

    /// <summary>All projects, the newest first, at most 500.</summary>
    public async Task<IReadOnlyList<ProjectView>> ProjectsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<ProjectView>(new CommandDefinition(
            """
            /* name: api.projects */
            select p.id, p.name, p.status, p.activity, p.repository, p.created_at, (select g.id from gates g where g.project_id = p.id and g.status = 'PENDING') as open_gate
            from projects p order by p.created_at desc limit 500
            """, cancellationToken: cancellationToken))];
    }

    /// <summary>The open gates, oldest first, without their documents.</summary>
    public async Task<IReadOnlyList<GateDetails>> OpenGatesAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<GateDetails>(new CommandDefinition(
            $"/* name: api.gates */ select {GateColumns}, null::text as document from gates g where g.status = 'PENDING' order by g.created_at limit 500", cancellationToken: cancellationToken))];
    }

    /// <summary>One gate with its document, or null.</summary>
    public async Task<GateDetails?> GateAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<GateDetails?>(Command(
            $"""
            /* name: api.gate */
            select {GateColumns}, d.markdown as document
            from gates g left join documents d on d.project_id = g.project_id and d.kind = g.kind and d.version = g.document_version where g.id = @id
            """,
            new { id }, cancellationToken));
    }
}
