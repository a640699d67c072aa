using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.GitHub.Agent;

/// <summary>Where a run's command is or will be.</summary>
/// <param name="Number">The issue.</param>
/// <param name="CommentId">The comment that holds the command; null while it is not known to be there.</param>
internal sealed record AgentCommand(long RepositoryId, int Number, long? CommentId, DateTimeOffset? LookedAt);

/// <summary>Something that the agent said, or did where a payload tells of it.</summary>
internal sealed record AgentReply(string Text, DateTimeOffset At);

/// <summary>The SQL of the coding agent's commands and replies on GitHub.</summary>
internal sealed class AgentStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    public Task BindAsync(Guid executionId, long repositoryId, int number, CancellationToken cancellationToken) => ExecuteAsync(
        """
        /* name: agent_commands.bind */
        insert into agent_commands (execution_id, repository_id, number) values (@executionId, @repositoryId, @number)
        on conflict (execution_id) do update set repository_id = excluded.repository_id, number = excluded.number where agent_commands.comment_id is null
        """,
        new { executionId, repositoryId, number }, cancellationToken);

    public async Task<AgentCommand?> FindAsync(Guid executionId, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<AgentCommand?>(Command(
            "/* name: agent_commands.find */ select repository_id, number, comment_id, looked_at from agent_commands where execution_id = @executionId", new { executionId }, cancellationToken));
    }

    /// <summary>The command is there.</summary>
    public Task PostedAsync(Guid executionId, long commentId, CancellationToken cancellationToken) => ExecuteAsync(
        "/* name: agent_commands.posted */ update agent_commands set comment_id = @commentId, looked_at = @now where execution_id = @executionId",
        new { executionId, commentId, now = time.GetUtcNow() }, cancellationToken);

    /// <summary>GitHub was asked for what deliveries may have missed.</summary>
    public Task LookedAsync(Guid executionId, CancellationToken cancellationToken) => ExecuteAsync(
        "/* name: agent_commands.looked */ update agent_commands set looked_at = @now where execution_id = @executionId", new { executionId, now = time.GetUtcNow() }, cancellationToken);

    public async Task<IReadOnlyList<AgentReply>> RepliesAsync(Guid executionId, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<AgentReply>(Command(
            "/* name: agent_replies.list */ select text, at from agent_replies where execution_id = @executionId order by at, length(key), key", new { executionId }, cancellationToken))];
    }

    /// <summary>A comment that GitHub showed when it was asked: what is known of it already is not replaced, since anybody who may write can edit it.</summary>
    public Task AddMissedAsync(Guid executionId, long commentId, string text, DateTimeOffset at, CancellationToken cancellationToken) => ExecuteAsync(
        "/* name: agent_replies.add_missed */ insert into agent_replies (execution_id, key, text, at) values (@executionId, 'comment:' || @commentId, @text, @at) on conflict do nothing",
        new { executionId, commentId, text, at }, cancellationToken);

    /// <summary>
    /// A comment that was delivered, for the newest command before it in that issue, or in the pull request that the run opened.
    /// False: there is none that is under way.
    /// </summary>
    public async Task<bool> AddCommentAsync(long repositoryId, int number, long commentId, string text, DateTimeOffset at, CancellationToken cancellationToken) =>
        await ExecuteAsync(
            """
            /* name: agent_replies.add_comment */
            insert into agent_replies (execution_id, key, text, at)
            select c.execution_id, 'comment:' || @commentId::bigint, @text, @at from agent_commands c join scar_executions e on e.id = c.execution_id
            where c.repository_id = @repositoryId and e.status in ('SENDING', 'RUNNING') and (c.comment_id is null or c.comment_id < @commentId::bigint)
                and (c.number = @number::integer or exists (select 1 from agent_replies r where r.execution_id = c.execution_id and r.key = 'pull:' || @number::integer))
            order by e.sent_at desc limit 1
            on conflict (execution_id, key) do update set text = excluded.text
            """,
            new { repositoryId, number, commentId, text, at }, cancellationToken) == 1;

    /// <summary>The issues of runs that may open a pull request in a repository now.</summary>
    public async Task<IReadOnlyList<(Guid ExecutionId, int Number)>> BuildingAsync(long repositoryId, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<(Guid, int)>(Command(
            """
            /* name: agent_commands.building */
            select c.execution_id, c.number from agent_commands c join scar_executions e on e.id = c.execution_id
            where c.repository_id = @repositoryId and e.status in ('SENDING', 'RUNNING') and e.command = 'EXECUTE'
            """,
            new { repositoryId }, cancellationToken))];
    }

    public Task AddPullAsync(Guid executionId, int number, string text, DateTimeOffset at, CancellationToken cancellationToken) => ExecuteAsync(
        "/* name: agent_replies.add_pull */ insert into agent_replies (execution_id, key, text, at) values (@executionId, 'pull:' || @number, @text, @at) on conflict do nothing",
        new { executionId, number, text, at }, cancellationToken);

    private async Task<int> ExecuteAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(Command(sql, parameters, cancellationToken));
    }
}
