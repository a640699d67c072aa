using Dapper;
using Npgsql;
using OrchestratorFunctions.Outbox;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.GitHub.Checks;

/// <summary>A gate whose document is a pull request, without a check run that shows it.</summary>
internal sealed record UnshownGate(Guid GateId, string Repository, string PullRequest);

/// <summary>A check run that does not show what its gate is now.</summary>
internal sealed record StaleCheck(
    Guid GateId, long RepositoryId, int PullNumber, string? HeadSha, long? CheckRunId, string Title, string ProjectName, string Status, string? DecidedBy, string? Reason, bool Confirmed, int Attempts);

/// <summary>A button of a check run: what it stands for, and the pull request under which its answer is said.</summary>
internal sealed record CheckButton(string Token, int PullNumber);

/// <summary>An open gate that judges a pull request.</summary>
/// <param name="ShownCommit">The commit that it shows; null when nobody said which.</param>
internal sealed record ReviewedGate(Guid GateId, Guid ProjectId, string Title, string? ShownCommit);

/// <summary>The SQL of check runs.</summary>
internal sealed class CheckStore(TimeProvider time)
{
    /// <summary>Open gates that judge a pull request and have no check run yet.</summary>
    public async Task<IReadOnlyList<UnshownGate>> UnshownAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<UnshownGate>(Command(
            """
            /* name: github_checks.unshown */
            select g.id as gate_id, p.repository, d.pull_request
            from gates g join projects p on p.id = g.project_id
                join documents d on d.project_id = g.project_id and d.kind = g.kind and d.version = g.document_version
            where g.status = 'PENDING' and d.pull_request is not null and p.repository is not null and not exists (select 1 from github_checks c where c.gate_id = g.id)
            order by g.created_at limit 20
            """,
            new { }, cancellationToken))];

    /// <summary>Plans a check run, once for each gate; its buttons are those of the gate.</summary>
    public Task AddAsync(NpgsqlConnection connection, Guid gateId, long repositoryId, int pullNumber, string approveToken, string changeToken, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            """
            /* name: github_checks.add */
            insert into github_checks (gate_id, repository_id, pull_number, approve_token, change_token, not_before, created_at)
            values (@gateId, @repositoryId, @pullNumber, @approveToken, @changeToken, @now, @now) on conflict (gate_id) do nothing
            """,
            new { gateId, repositoryId, pullNumber, approveToken, changeToken, now = time.GetUtcNow() }, cancellationToken));

    /// <summary>Check runs that show something else than what their gate is, and are due. One that shows a decision is never among them: a decision is final.</summary>
    public async Task<IReadOnlyList<StaleCheck>> StaleAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<StaleCheck>(Command(
            """
            /* name: github_checks.stale */
            select c.gate_id, c.repository_id, c.pull_number, c.head_sha, c.check_run_id, g.title, p.name as project_name, g.status, w.name as decided_by, g.reason, coalesce(d.confirmed, true) as confirmed, c.attempts
            from github_checks c join gates g on g.id = c.gate_id join projects p on p.id = g.project_id
                left join documents d on d.project_id = g.project_id and d.kind = g.kind and d.version = g.document_version
                left join people w on w.person = g.decided_by
            where (c.shown is null or c.shown = 'PENDING') and c.shown is distinct from g.status and c.not_before <= @now order by c.not_before limit 20
            """,
            new { now = time.GetUtcNow() }, cancellationToken))];

    /// <summary>The check run shows this now.</summary>
    public Task ShownAsync(NpgsqlConnection connection, Guid gateId, long checkRunId, string headSha, string status, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: github_checks.shown */ update github_checks set check_run_id = @checkRunId, head_sha = @headSha, shown = @status, attempts = 0 where gate_id = @gateId",
            new { gateId, checkRunId, headSha, status }, cancellationToken));

    public Task LaterAsync(NpgsqlConnection connection, Guid gateId, TimeSpan delay, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: github_checks.later */ update github_checks set attempts = attempts + 1, not_before = @next where gate_id = @gateId",
            new { gateId, next = time.GetUtcNow() + delay }, cancellationToken));

    /// <summary>Somebody asks for a check run, or for all of a commit, again.</summary>
    public Task ForgetShownAsync(NpgsqlConnection connection, long repositoryId, long? checkRunId, string? headSha, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: github_checks.forget_shown */ update github_checks set shown = null where repository_id = @repositoryId and (check_run_id = @checkRunId or head_sha = @headSha)",
            new { repositoryId, checkRunId, headSha }, cancellationToken));

    /// <summary>The open gate whose document is this pull request of a repository that is there, or null.</summary>
    public Task<ReviewedGate?> FindReviewedAsync(NpgsqlConnection connection, long repositoryId, int pullNumber, CancellationToken cancellationToken) =>
        connection.QueryFirstOrDefaultAsync<ReviewedGate?>(Command(
            """
            /* name: github_checks.find_reviewed */
            select g.id as gate_id, g.project_id, g.title, coalesce(c.head_sha, d.commit_id) as shown_commit
            from gates g join projects p on p.id = g.project_id
                join documents d on d.project_id = g.project_id and d.kind = g.kind and d.version = g.document_version
                join repositories r on lower(r.full_name) = lower(p.repository) and r.gone_at is null
                left join github_checks c on c.gate_id = g.id
            -- The address may hold a name that the repository had before; what the check run stands on was looked up when it was right.
            where g.status = 'PENDING' and r.id = @repositoryId
                and ((c.repository_id = @repositoryId and c.pull_number = @pullNumber)
                    or right(lower(d.pull_request), length('/' || r.full_name || '/pull/' || @pullNumber)) = lower('/' || r.full_name || '/pull/' || @pullNumber))
            order by g.created_at desc limit 1
            """,
            new { repositoryId, pullNumber }, cancellationToken));

    /// <summary>What a button of a check run stands for; null when it is none of ours.</summary>
    public Task<CheckButton?> FindButtonAsync(NpgsqlConnection connection, long repositoryId, long checkRunId, string action, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<CheckButton?>(Command(
            """
            /* name: github_checks.find_button */
            select case @action when 'approve' then approve_token else change_token end as token, pull_number from github_checks
            where repository_id = @repositoryId and check_run_id = @checkRunId and @action in ('approve', 'change')
            """,
            new { repositoryId, checkRunId, action }, cancellationToken));
}
