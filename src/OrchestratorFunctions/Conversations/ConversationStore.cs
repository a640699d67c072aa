using Dapper;
using Npgsql;
using OrchestratorFunctions.Operations.Telemetry;
using OrchestratorFunctions.Projects;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Conversations;

/// <summary>The SQL of talk: which project a chat is about, its topics and messages.</summary>
internal sealed class ConversationStore(ProjectStore projects, AppMetrics metrics, TimeProvider time)
{
    /// <summary>
    /// The project that this chat talks about: the chosen one, else the newest that is not over, else, in an issue or a pull request, the
    /// one that works in that repository; null when there is none, or more than one.
    /// </summary>
    public async Task<Project?> CurrentProjectAsync(NpgsqlConnection connection, string address, CancellationToken cancellationToken)
    {
        var chosen = await connection.QuerySingleOrDefaultAsync<Guid?>(Command(
            "/* name: conversations.chosen_project */ select project_id from conversations where address = @address", new { address }, cancellationToken));
        return chosen is { } id
            ? await projects.FindAsync(connection, id, cancellationToken)
            : (await projects.OfAddressAsync(connection, address, cancellationToken)).LastOrDefault(project => !project.IsOver)
                ?? await projects.OnlyOneInRepositoryAsync(connection, address, cancellationToken);
    }

    /// <summary>From now on this chat talks about <paramref name="projectId"/>.</summary>
    public async Task ChooseAsync(NpgsqlConnection connection, string address, Guid projectId, CancellationToken cancellationToken)
    {
        // PostgreSQL writes an xmax into a row that was there before, and none into a new one.
        var isNew = await connection.ExecuteScalarAsync<bool>(Command(
            """
            /* name: conversations.choose */
            insert into conversations (address, project_id, created_at) values (@address, @projectId, @now)
            on conflict (address) do update set project_id = excluded.project_id returning xmax = 0
            """,
            new { address, projectId, now = time.GetUtcNow() }, cancellationToken));
        if (isNew)
        {
            metrics.ConversationStarted();
        }
    }

    /// <summary>The project's open topic; begins one when there is none.</summary>
    public async Task<Guid> TopicAsync(NpgsqlConnection connection, Guid projectId, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(Command(
            """
            /* name: topics.ensure */
            insert into topics (id, project_id, title, started_at) values (@id, @projectId, 'The idea', @now)
            on conflict (project_id) where ended_at is null do nothing
            """,
            new { id = Guid.CreateVersion7(time.GetUtcNow()), projectId, now = time.GetUtcNow() }, cancellationToken));
        return await connection.QuerySingleAsync<Guid>(Command(
            "/* name: topics.open */ select id from topics where project_id = @projectId and ended_at is null", new { projectId }, cancellationToken));
    }

    /// <summary>Ends the open topic, so that the next message begins a new one: what was said stays, and is not used any more.</summary>
    public Task EndTopicAsync(NpgsqlConnection connection, Guid projectId, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: topics.end */ update topics set ended_at = @now where project_id = @projectId and ended_at is null", new { projectId, now = time.GetUtcNow() }, cancellationToken));

    /// <summary>Keeps what a person said and what was answered, once for each inbox row.</summary>
    public async Task KeepTurnAsync(NpgsqlConnection connection, string address, Guid projectId, Guid topicId, long inboxId, string said, string answered, CancellationToken cancellationToken)
    {
        foreach (var (role, content) in new[] { ("USER", said), ("ASSISTANT", answered) })
        {
            await connection.ExecuteAsync(Command(
                """
                /* name: messages.add */
                insert into messages (address, project_id, topic_id, role, content, inbox_id, created_at)
                values (@address, @projectId, @topicId, @role, @content, @inboxId, @now)
                on conflict on constraint one_message_per_delivery_and_role do nothing
                """,
                new { address, projectId, topicId, role, content, inboxId, now = time.GetUtcNow() }, cancellationToken));
        }
    }
}
