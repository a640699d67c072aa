using System.Globalization;
using Dapper;
using Npgsql;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar.Wire;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Scar;

/// <summary>The SQL of runs and of what the agent said in them.</summary>
internal sealed class ScarStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    private const string Columns =
        """
        id, project_id, repository, command, brief_kind, brief_version, brief_sha256, rework, address, operation_name, conversation_id, nonce, fence, brief_token, status,
        sent_index, next_index, last_seen, created_at, sent_at, progress_at, progress_count, outcome, reason, branch, commit_id, pull_request, transport
        """;

    /// <summary>Stores a run, or nothing when its id is there already.</summary>
    public async Task AddAsync(ScarCommandRequest request, ScarTransport transport, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Command(
            """
            /* name: scar.add */
            insert into scar_executions (id, project_id, repository, command, brief_kind, brief_version, brief_sha256, rework, address, operation_name,
                                         conversation_id, nonce, fence, brief_token, transport, status, created_at)
            values (@ExecutionId, @ProjectId, @Repository, @command, @briefKind, @briefVersion, @briefSha256, @Reason, @Address, @OperationName,
                    @conversation, @nonce, @fence, @token, @transport, 'PREPARED', @now)
            on conflict (id) do nothing
            """,
            new
            {
                request.ExecutionId, request.ProjectId, request.Repository, command = Stored(request.Command), briefKind = request.Brief is null ? null : Stored(request.Brief.Kind),
                briefVersion = request.Brief?.Version, briefSha256 = request.Brief?.Sha256, request.Reason, request.Address, request.OperationName,
                conversation = $"orchestrator-{Guid.CreateVersion7(time.GetUtcNow()):N}", nonce = ScarDialogue.NewNonce(), fence = ScarDialogue.NewNonce(),
                token = System.Security.Cryptography.RandomNumberGenerator.GetHexString(64, lowercase: true), transport = Stored(transport), now = time.GetUtcNow(),
            },
            cancellationToken));
    }

    /// <summary>The run.</summary>
    /// <exception cref="InvalidOperationException">It was never prepared.</exception>
    public async Task<ScarExecution> GetAsync(Guid id, CancellationToken cancellationToken) =>
        await FindAsync(id, cancellationToken) ?? throw new InvalidOperationException($"The execution {id} was never prepared.");

    /// <summary>The run, or null when it was never prepared.</summary>
    public Task<ScarExecution?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        OneAsync($"/* name: scar.find */ select {Columns} from scar_executions where id = @id", new { id }, cancellationToken);

    /// <summary>The run that a brief's token belongs to, while it has not ended; else null.</summary>
    public Task<ScarExecution?> FindByTokenAsync(string token, CancellationToken cancellationToken) =>
        OneAsync($"/* name: scar.find_by_token */ select {Columns} from scar_executions where brief_token = @token and status <> 'ENDED'", new { token }, cancellationToken);

    /// <summary>Whether a person has stopped the project that the run is for.</summary>
    public async Task<bool> IsStoppedAsync(ScarExecution execution, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(Command("/* name: scar.is_stopped */ select status = 'STOPPING' from projects where id = @ProjectId", new { execution.ProjectId }, cancellationToken));
    }

    /// <summary>The conversations of other runs in the same repository whose command was sent and never seen to end.</summary>
    public async Task<IReadOnlyList<string>> AtLargeAsync(ScarExecution execution, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<string>(Command(
            """
            /* name: scar.at_large */
            select conversation_id from scar_executions where lower(repository) = lower(@Repository) and sent_at is not null and not fence_seen and id <> @Id
            """,
            new { execution.Repository, execution.Id }, cancellationToken))];
    }

    /// <summary>Claims the sending: whoever moves the row sends. False: somebody else did.</summary>
    /// <param name="before">What the agent had said before; empty where nothing is said before the command.</param>
    public Task<bool> ClaimAsync(ScarExecution execution, IReadOnlyList<ScarMessage> before, CancellationToken cancellationToken) => ChangeAsync(
        """
        /* name: scar.claim */
        update scar_executions set status = 'SENDING', sent_index = @count, next_index = @count, last_seen = @lastSeen, sent_at = @now where id = @Id and status = 'PREPARED'
        """,
        new { execution.Id, count = before.Count, lastSeen = before.Count == 0 ? null : before[^1].Timestamp, now = time.GetUtcNow() }, cancellationToken);

    /// <summary>The command was provably not sent yet, and the agent's list has grown by our own questions.</summary>
    public Task<bool> MoveAsync(ScarExecution execution, IReadOnlyList<ScarMessage> before, CancellationToken cancellationToken) => ChangeAsync(
        """
        /* name: scar.move */
        update scar_executions set sent_index = @count, next_index = @count, last_seen = @lastSeen where id = @Id and status = 'SENDING'
        """,
        new { execution.Id, count = before.Count, lastSeen = before[^1].Timestamp }, cancellationToken);

    /// <summary>The connection was refused, so nothing was sent.</summary>
    public Task<bool> ReleaseAsync(ScarExecution execution, CancellationToken cancellationToken) => ChangeAsync(
        "/* name: scar.release */ update scar_executions set status = 'PREPARED', sent_index = null, sent_at = null, next_index = 0, last_seen = null where id = @Id and status = 'SENDING'",
        new { execution.Id }, cancellationToken);

    /// <summary>The command and its fence are with the agent.</summary>
    public Task<bool> RunningAsync(ScarExecution execution, CancellationToken cancellationToken) => ChangeAsync(
        "/* name: scar.running */ update scar_executions set status = 'RUNNING' where id = @Id and status = 'SENDING'", new { execution.Id }, cancellationToken);

    /// <summary>Keeps the messages from <see cref="ScarExecution.NextIndex"/> to before <paramref name="end"/>, each once.</summary>
    public async Task AppendFeedAsync(NpgsqlConnection connection, ScarExecution execution, IReadOnlyList<ScarMessage> messages, int end, CancellationToken cancellationToken)
    {
        var fresh = Enumerable.Range(execution.NextIndex, Math.Max(0, end - execution.NextIndex)).ToArray();
        await connection.ExecuteAsync(Command(
            """
            /* name: scar.append_feed */
            insert into scar_feed (execution_id, index, text, at) select @Id, * from unnest(@indexes, @texts, @times) on conflict do nothing
            """,
            new
            {
                // A NUL is legal in JSON and not in PostgreSQL's text.
                execution.Id, indexes = fresh, texts = fresh.Select(index => messages[index].Message.Replace("\0", "", StringComparison.Ordinal)).ToArray(),
                times = fresh.Select(index => TimeOf(messages[index]).UtcDateTime).ToArray(),
            },
            cancellationToken));
        await connection.ExecuteAsync(Command(
            "/* name: scar.read_to */ update scar_executions set next_index = @Count, last_seen = @lastSeen where id = @Id and next_index <= @Count",
            new { execution.Id, messages.Count, lastSeen = messages.Count == 0 ? null : messages[^1].Timestamp }, cancellationToken));
    }

    /// <summary>Keeps these messages instead of those that were kept: where an earlier one may come late, or be corrected.</summary>
    public async Task ReplaceFeedAsync(NpgsqlConnection connection, ScarExecution execution, IReadOnlyList<ScarMessage> messages, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(Command("/* name: scar.clear_feed */ delete from scar_feed where execution_id = @Id", new { execution.Id }, cancellationToken));
        await AppendFeedAsync(connection, execution with { NextIndex = 0 }, messages, messages.Count, cancellationToken);
    }

    /// <summary>Counts one more progress message. False: another poll said something meanwhile.</summary>
    public async Task<bool> ProgressAsync(NpgsqlConnection connection, ScarExecution execution, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            "/* name: scar.progress */ update scar_executions set progress_at = @now, progress_count = progress_count + 1 where id = @Id and progress_count = @ProgressCount",
            new { execution.Id, execution.ProgressCount, now = time.GetUtcNow() }, cancellationToken)) == 1;

    /// <summary>Ends the run. False: it had ended before, and that outcome stays.</summary>
    public async Task<bool> EndAsync(NpgsqlConnection connection, Guid id, ScarVerdict verdict, bool fenceSeen, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            """
            /* name: scar.end */
            update scar_executions set status = 'ENDED', outcome = @outcome, reason = @reason, branch = @Branch, commit_id = @CommitId, pull_request = @PullRequest,
                                       fence_seen = @fenceSeen, ended_at = @now
            where id = @id and status <> 'ENDED'
            """,
            new
            {
                id, outcome = Stored(verdict.Outcome), reason = verdict.Reason?.Replace("\0", "", StringComparison.Ordinal), verdict.Branch, verdict.CommitId, verdict.PullRequest,
                fenceSeen, now = time.GetUtcNow(),
            },
            cancellationToken)) == 1;

    /// <summary>What the agent wrote in a run, as a person reads it: without tools, notices and result lines. Empty when it wrote nothing.</summary>
    public async Task<string> OutputAsync(Guid executionId, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<(string Text, string Nonce)>(Command(
            """
            /* name: scar.output */
            select f.text, e.nonce from scar_feed f join scar_executions e on e.id = f.execution_id where f.execution_id = @executionId order by f.index
            """,
            new { executionId }, cancellationToken));
        var feed = rows.ToList();
        return feed.Count == 0 ? "" : ScarReplies.Readable(feed.Select(row => row.Text), feed[0].Nonce);
    }

    private DateTimeOffset TimeOf(ScarMessage message) =>
        DateTimeOffset.TryParse(message.Timestamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : time.GetUtcNow();

    private async Task<ScarExecution?> OneAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<Row>(Command(sql, parameters, cancellationToken))).SingleOrDefault()?.ToExecution();
    }

    private async Task<bool> ChangeAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(Command(sql, parameters, cancellationToken)) == 1;
    }

    private static string Stored<T>(T value) where T : struct, Enum => value.ToString().ToUpperInvariant();

    private static DateTimeOffset Utc(DateTime at) => new(at, TimeSpan.Zero);

    private static T Parse<T>(string stored) where T : struct, Enum => Enum.Parse<T>(stored, ignoreCase: true);

    private sealed record Row(
        Guid Id, Guid ProjectId, string Repository, string Command, string? BriefKind, int? BriefVersion, string? BriefSha256, string? Rework, string Address, string OperationName,
        string ConversationId, string Nonce, string Fence, string BriefToken, string Status, int? SentIndex, int NextIndex, string? LastSeen, DateTime CreatedAt, DateTime? SentAt,
        DateTime? ProgressAt, int ProgressCount, string? Outcome, string? Reason, string? Branch, string? CommitId, string? PullRequest, string Transport)
    {
        public ScarExecution ToExecution() => new(
            Id, ProjectId, Repository, Parse<ScarCommand>(Command), BriefKind is null ? null : new DocumentRef(ProjectId, Parse<DocumentKind>(BriefKind), BriefVersion!.Value, BriefSha256!),
            Rework, Address, OperationName, ConversationId, Nonce, Fence, BriefToken, Parse<ScarStatus>(Status), SentIndex, NextIndex, LastSeen, Utc(CreatedAt), SentAt is { } sent ? Utc(sent) : null,
            ProgressAt is { } progress ? Utc(progress) : null, ProgressCount,
            Outcome is null ? null : new ScarCommandOutcome(Id, Parse<ScarOutcome>(Outcome), Reason, Branch, CommitId, PullRequest), Parse<ScarTransport>(Transport));
    }
}
