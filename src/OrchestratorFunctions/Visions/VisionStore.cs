using Dapper;
using Npgsql;
using OrchestratorFunctions.Ai;

namespace OrchestratorFunctions.Visions;

/// <summary>The SQL of what visions are made from.</summary>
internal sealed class VisionStore(NpgsqlDataSource dataSource)
{
    /// <summary>The newest <paramref name="count"/> messages of the project's open topic, oldest first; none when no topic is open.</summary>
    public async Task<IReadOnlyList<TopicMessage>> NewestMessagesAsync(Guid projectId, int count, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<TopicMessage>(new CommandDefinition(
            """
            /* name: visions.newest_messages */
            select lower(role) as role, content from (
                select m.id, m.role, m.content from messages m join topics t on t.id = m.topic_id
                where t.project_id = @projectId and t.ended_at is null order by m.id desc limit @count) newest
            order by id
            """,
            new { projectId, count }, cancellationToken: cancellationToken))];
    }

    /// <summary>
    /// <paramref name="text"/> in Unicode's composed form (NFC), so that a letter with an accent has one hash however it was typed. The database does it,
    /// because a process with invariant globalization cannot.
    /// </summary>
    public async Task<string> ComposeAsync(string text, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<string>(new CommandDefinition("/* name: visions.compose */ select normalize(@text, nfc)", new { text }, cancellationToken: cancellationToken));
    }
}
