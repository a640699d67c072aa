using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Approvals;

/// <summary>The SQL of gates.</summary>
internal sealed class GateStore(TimeProvider time)
{
    private const string Columns =
        "g.id, g.project_id, g.kind, g.document_version, g.document_sha256, g.title, g.status, g.decided_by, g.decided_at, g.decided_via, g.reason, g.reminded_at, g.remind_at, g.expires_at, g.may_skip";

    /// <summary>Opens a gate, unless it is there already or the project takes no more: then false.</summary>
    public async Task<bool> OpenAsync(NpgsqlConnection connection, GateRequest request, TimeSpan remindAfter, TimeSpan expireAfter, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return await connection.ExecuteAsync(Command(
            """
            /* name: gates.open */
            insert into gates (id, project_id, instance_id, kind, document_version, document_sha256, title, may_skip, created_at, remind_at, expires_at)
            select @GateId, p.id, @instanceId, @kind, @version, @sha256, @Title, @MaySkip, @now, @remindAt, @expiresAt
            from projects p where p.id = @ProjectId and p.status in ('VISION_REVIEW', 'PLANNING', 'IN_PROGRESS')
            on conflict (id) do nothing
            """,
            new
            {
                request.GateId, request.ProjectId, instanceId = Gate.InstanceIdOf(request.GateId), kind = request.Kind.Stored(), version = request.Document?.Version,
                sha256 = request.Document?.Sha256, request.Title, request.MaySkip, now, remindAt = now + remindAfter, expiresAt = now + expireAfter,
            },
            cancellationToken)) == 1;
    }

    public Task<Gate?> FindAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        OneAsync(connection, $"/* name: gates.find */ select {Columns} from gates g where g.id = @id", new { id }, cancellationToken);

    /// <summary>When the gate was opened.</summary>
    public Task<DateTimeOffset> OpenedAtAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        connection.QuerySingleAsync<DateTimeOffset>(Command("/* name: gates.opened_at */ select created_at from gates where id = @id", new { id }, cancellationToken));

    /// <summary>The project's open gate, or null.</summary>
    public Task<Gate?> OpenOfProjectAsync(NpgsqlConnection connection, Guid projectId, CancellationToken cancellationToken) =>
        OneAsync(connection, $"/* name: gates.open_of_project */ select {Columns} from gates g where g.project_id = @projectId and g.status = 'PENDING'", new { projectId }, cancellationToken);

    /// <summary>The version of the newest gate of the same kind in the gate's project.</summary>
    public Task<int?> NewestVersionAsync(NpgsqlConnection connection, Gate gate, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<int?>(Command(
            "/* name: gates.newest_version */ select max(document_version) from gates where project_id = @ProjectId and kind = @kind",
            new { gate.ProjectId, kind = gate.Kind.Stored() }, cancellationToken));

    /// <summary>The open gates of all projects in which <paramref name="person"/> decides, oldest first.</summary>
    public async Task<IReadOnlyList<Gate>> OpenForAsync(NpgsqlConnection connection, string person, CancellationToken cancellationToken) =>
        [.. (await connection.QueryAsync<Row>(Command(
            $"""
            /* name: gates.open_for_person */
            select {Columns} from gates g join deciders a on a.project_id = g.project_id and a.person = @person
            where g.status = 'PENDING' order by g.created_at, g.id
            """,
            new { person }, cancellationToken))).Select(row => row.ToGate())];

    /// <summary>
    /// The one statement that decides: only a pending gate, only an approver, only while the project is under way, only while the
    /// newest version of the document is the one that the gate shows. False: somebody or something else came first.
    /// </summary>
    public async Task<bool> DecideAsync(NpgsqlConnection connection, Guid id, GateStatus decision, string person, string via, string? reason, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            """
            /* name: gates.decide */
            update gates g set status = @decision, decided_by = @person, decided_at = @now, decided_via = @via, reason = @reason
            from projects p
            where g.id = @id and g.status = 'PENDING' and p.id = g.project_id and p.status in ('VISION_REVIEW', 'PLANNING', 'IN_PROGRESS')
              and exists (select 1 from deciders a where a.project_id = g.project_id and a.person = @person)
              and (@decision <> 'SKIPPED' or g.may_skip)
              and (g.document_version is null or exists (
                    select 1 from documents d where d.project_id = g.project_id and d.kind = g.kind and d.version = g.document_version and d.sha256 = g.document_sha256
                    and not exists (select 1 from documents n where n.project_id = d.project_id and n.kind = d.kind and n.version > d.version)))
            """,
            new { id, decision = decision.Stored(), person, via, reason, now = time.GetUtcNow() }, cancellationToken)) == 1;

    /// <summary>Ends a pending gate whose time is over. False: it was decided first, or it is not time yet.</summary>
    public async Task<bool> ExpireAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            "/* name: gates.expire */ update gates set status = 'EXPIRED', decided_at = @now where id = @id and status = 'PENDING' and expires_at <= @now",
            new { id, now = time.GetUtcNow() }, cancellationToken)) == 1;

    /// <summary>Closes the open gate of a project that is being stopped; returns it as it is then.</summary>
    public Task<Gate?> CloseAsync(NpgsqlConnection connection, Guid projectId, CancellationToken cancellationToken) =>
        OneAsync(connection,
            $"/* name: gates.close */ update gates g set status = 'CLOSED', decided_at = @now where g.project_id = @projectId and g.status = 'PENDING' returning {Columns}",
            new { projectId, now = time.GetUtcNow() }, cancellationToken);

    /// <summary>Notes that the reminder was said. False: it was before, or nothing is left to remind of.</summary>
    public async Task<bool> RemindedAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            "/* name: gates.reminded */ update gates set reminded_at = @now where id = @id and status = 'PENDING' and reminded_at is null and remind_at <= @now",
            new { id, now = time.GetUtcNow() }, cancellationToken)) == 1;

    /// <summary>The gate's orchestration has read the decision: no more nudges.</summary>
    public Task AcknowledgeAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: gates.acknowledge */ update gates set acknowledged_at = coalesce(acknowledged_at, @now) where id = @id and status <> 'PENDING'",
            new { id, now = time.GetUtcNow() }, cancellationToken));

    /// <summary>Decided gates whose orchestration has not read the decision within five seconds.</summary>
    public async Task<IReadOnlyList<Guid>> UnacknowledgedAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<Guid>(Command(
            "/* name: gates.unacknowledged */ select id from gates where status <> 'PENDING' and acknowledged_at is null and decided_at < @limit",
            new { limit = time.GetUtcNow() - TimeSpan.FromSeconds(5) }, cancellationToken))];

    private static async Task<Gate?> OneAsync(NpgsqlConnection connection, string sql, object parameters, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<Row>(Command(sql, parameters, cancellationToken))).Select(row => row.ToGate()).SingleOrDefault();

    private sealed record Row(
        Guid Id, Guid ProjectId, string Kind, int? DocumentVersion, string? DocumentSha256, string Title, string Status,
        string? DecidedBy, DateTimeOffset? DecidedAt, string? DecidedVia, string? Reason, DateTimeOffset? RemindedAt, DateTimeOffset RemindAt, DateTimeOffset ExpiresAt, bool MaySkip)
    {
        public Gate ToGate() => new(
            Id, ProjectId, GateNames.Kind(Kind), DocumentVersion, DocumentSha256, Title, Enum.Parse<GateStatus>(Status, ignoreCase: true),
            DecidedBy, DecidedAt, DecidedVia, Reason, RemindedAt, RemindAt, ExpiresAt, MaySkip);
    }
}
