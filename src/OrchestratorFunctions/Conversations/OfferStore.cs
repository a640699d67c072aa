using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Conversations;

/// <summary>The verbs of the buttons of a conversation, as stored with a button's token.</summary>
internal static class TalkVerbs
{
    public const string TakeOffer = "offer.take";
    public const string SwitchProject = "project.switch";
    public const string NewProject = "project.new";
}

/// <summary>Something the model proposed and a person may take with a button.</summary>
/// <param name="GateId">For a change: the gate that would be rejected.</param>
/// <param name="Reason">For a change: what would be different.</param>
internal sealed record Offer(Guid Id, Guid ProjectId, Guid TopicId, Guid? GateId, string? Reason)
{
    /// <summary>Domain key of the message that carries the offer's button.</summary>
    public static string MessageKey(Guid id) => $"offer:{id}";
}

/// <summary>The SQL of offers.</summary>
internal sealed class OfferStore(TimeProvider time)
{
    /// <summary>Offers to write the vision. Null: such an offer stands already.</summary>
    public Task<Guid?> AddVisionAsync(NpgsqlConnection connection, Guid projectId, Guid topicId, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Guid?>(Command(
            """
            /* name: offers.add_vision */
            insert into offers (id, project_id, kind, topic_id, created_at) values (@id, @projectId, 'GENERATE_VISION', @topicId, @now)
            on conflict (topic_id) where kind = 'GENERATE_VISION' and taken_at is null do nothing returning id
            """,
            new { id = Guid.CreateVersion7(time.GetUtcNow()), projectId, topicId, now = time.GetUtcNow() }, cancellationToken));

    /// <summary>Offers to send the gate's document back.</summary>
    public async Task<Guid> AddChangeAsync(NpgsqlConnection connection, Guid projectId, Guid topicId, Guid gateId, string reason, CancellationToken cancellationToken) =>
        await connection.QuerySingleAsync<Guid>(Command(
            """
            /* name: offers.add_change */
            insert into offers (id, project_id, kind, topic_id, gate_id, reason, created_at) values (@id, @projectId, 'CHANGE', @topicId, @gateId, @reason, @now) returning id
            """,
            new { id = Guid.CreateVersion7(time.GetUtcNow()), projectId, topicId, gateId, reason, now = time.GetUtcNow() }, cancellationToken));

    /// <summary>The offer of a vision that stands in a topic, or null.</summary>
    public Task<Guid?> StandingVisionAsync(NpgsqlConnection connection, Guid topicId, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Guid?>(Command(
            "/* name: offers.standing_vision */ select id from offers where topic_id = @topicId and kind = 'GENERATE_VISION' and taken_at is null", new { topicId }, cancellationToken));

    public Task<Offer?> FindAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Offer?>(Command(
            "/* name: offers.find */ select id, project_id, topic_id, gate_id, reason from offers where id = @id", new { id }, cancellationToken));

    /// <summary>Takes an offer. False: somebody took it before.</summary>
    public async Task<bool> TakeAsync(NpgsqlConnection connection, Guid id, string person, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            "/* name: offers.take */ update offers set taken_by = @person, taken_at = @now where id = @id and taken_at is null", new { id, person, now = time.GetUtcNow() }, cancellationToken)) == 1;
}
