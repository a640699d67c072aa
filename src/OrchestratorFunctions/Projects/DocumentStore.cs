using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Projects;

/// <summary>The SQL of documents.</summary>
internal sealed class DocumentStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    private const string Columns = "project_id, kind, version, markdown, content, sha256, branch, commit_id, pull_request, confirmed, execution_id";

    /// <summary>Stores the next version, or returns the one that the same domain key stored before.</summary>
    public async Task<Document> AddAsync(NpgsqlConnection connection, NewDocument document, CancellationToken cancellationToken)
    {
        // The project row serialises version numbers: two drafts at once cannot take the same one.
        await connection.ExecuteAsync(Command("/* name: documents.lock_project */ select 1 from projects where id = @ProjectId for update", new { document.ProjectId }, cancellationToken));
        await connection.ExecuteAsync(Command(
            """
            /* name: documents.add */
            insert into documents (project_id, kind, version, domain_key, markdown, content, sha256, branch, commit_id, pull_request, confirmed, execution_id, created_at)
            select @ProjectId, @kind, coalesce(max(version), 0) + 1, @DomainKey, @Markdown, @Content, @Sha256, @Branch, @CommitId, @PullRequest, @Confirmed, @ExecutionId, @now
            from documents where project_id = @ProjectId and kind = @kind
            on conflict (domain_key) do nothing
            """,
            new
            {
                document.ProjectId, kind = Stored(document.Kind), document.DomainKey, document.Markdown, document.Content, document.Sha256,
                document.Branch, document.CommitId, document.PullRequest, document.Confirmed, document.ExecutionId, now = time.GetUtcNow(),
            },
            cancellationToken));
        return await FindByKeyAsync(connection, document.DomainKey, cancellationToken)
            ?? throw new InvalidOperationException($"The document {document.DomainKey} was stored and is not there.");
    }

    /// <summary>The document stored under a domain key, or null.</summary>
    public Task<Document?> FindByKeyAsync(NpgsqlConnection connection, string domainKey, CancellationToken cancellationToken) =>
        OneAsync(connection, $"/* name: documents.find_by_key */ select {Columns} from documents where domain_key = @domainKey", new { domainKey }, cancellationToken);

    /// <summary>One version, or null.</summary>
    public async Task<Document?> FindAsync(Guid projectId, DocumentKind kind, int version, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await OneAsync(connection,
            $"/* name: documents.find */ select {Columns} from documents where project_id = @projectId and kind = @kind and version = @version",
            new { projectId, kind = Stored(kind), version }, cancellationToken);
    }

    /// <summary>The newest version, or null.</summary>
    public async Task<Document?> LatestAsync(Guid projectId, DocumentKind kind, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await OneAsync(connection,
            $"/* name: documents.latest */ select {Columns} from documents where project_id = @projectId and kind = @kind order by version desc limit 1",
            new { projectId, kind = Stored(kind) }, cancellationToken);
    }

    private static async Task<Document?> OneAsync(NpgsqlConnection connection, string sql, object parameters, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<Row>(Command(sql, parameters, cancellationToken))).Select(row => row.ToDocument()).SingleOrDefault();

    private static string Stored(DocumentKind kind) => kind.ToString().ToUpperInvariant();

    private sealed record Row(
        Guid ProjectId, string Kind, int Version, string Markdown, string Content, string Sha256,
        string? Branch, string? CommitId, string? PullRequest, bool Confirmed, Guid? ExecutionId)
    {
        public Document ToDocument() =>
            new(ProjectId, Enum.Parse<DocumentKind>(Kind, ignoreCase: true), Version, Markdown, Content, Sha256, Branch, CommitId, PullRequest, Confirmed, ExecutionId);
    }
}
