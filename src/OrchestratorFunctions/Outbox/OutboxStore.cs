using Dapper;
using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Operations.Telemetry;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Outbox;

/// <summary>A stored message on its way out.</summary>
/// <param name="MessageIds">The vendor's ids of the parts that were sent so far.</param>
/// <param name="EditsMessageId">The vendor's id of the message to edit, when it was sent.</param>
internal sealed record OutboxItem(
    long Id, string Address, string Markdown, IReadOnlyList<SentButton> Buttons, bool AsksForReply, IReadOnlyList<long> MessageIds, long? EditsMessageId, int Attempts, string? Traceparent = null)
{
    /// <summary>Names this message for good, so that a channel that can look up what it sent finds it again.</summary>
    public Guid Operation { get; init; }

    /// <summary>When it was appended: it cannot have been sent before.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A button as it is sent: its label and its opaque token.</summary>
internal sealed record SentButton(string Label, string Token);

/// <summary>A message that shows a gate, and where.</summary>
internal sealed record ShownMessage(string Address, string DomainKey);

/// <summary>The SQL of the outbox.</summary>
internal sealed class OutboxStore(ButtonStore buttons, TimeProvider time)
{
    /// <summary>Appends a message in the caller's transaction; a domain key that was said before is not said again.</summary>
    public async Task AppendAsync(NpgsqlConnection connection, OutboxMessage message, CancellationToken cancellationToken)
    {
        var tokens = new List<SentButton>();
        foreach (var button in message.Buttons)
        {
            tokens.Add(new SentButton(button.Label, await buttons.AddAsync(connection, button, cancellationToken)));
        }

        await connection.ExecuteAsync(Command(
            """
            /* name: outbox.append */
            insert into outbox (domain_key, address, markdown, buttons, gate_id, edits_key, asks_for_reply, not_before, created_at, traceparent)
            values (@DomainKey, @Address, @Markdown, @tokens::jsonb, @GateId, @EditsDomainKey, @AsksForReply, @now, @now, @traceparent)
            on conflict on constraint said_once do nothing
            """,
            new { message.DomainKey, message.Address, message.Markdown, tokens = Json.Write(tokens), message.GateId, message.EditsDomainKey, message.AsksForReply, now = time.GetUtcNow(), traceparent = AppTracing.Here },
            cancellationToken));
    }

    /// <summary>The oldest unsent message of an address when it is due; null when nothing is, or the address is parked.</summary>
    public async Task<OutboxItem?> HeadAsync(NpgsqlConnection connection, string address, CancellationToken cancellationToken)
    {
        var row = await connection.QuerySingleOrDefaultAsync<Row?>(Command(
            """
            /* name: outbox.read_head */
            select head.id, head.address, head.markdown, head.buttons::text as buttons, head.asks_for_reply, head.message_ids, head.attempts, head.traceparent, head.operation, head.created_at,
                   (select e.message_ids[array_upper(e.message_ids, 1)] from outbox e where e.domain_key = head.edits_key and e.status = 'SENT') as edits_message_id
            from (select * from outbox where address = @address and status = 'PENDING' order by id limit 1) head
            where head.not_before <= @now and not exists (select 1 from parked_addresses where address = @address)
            """,
            new { address, now = time.GetUtcNow() }, cancellationToken));
        return row is null
            ? null
            : new OutboxItem(row.Id, row.Address, row.Markdown, Json.Read<List<SentButton>>(row.Buttons), row.AsksForReply, row.MessageIds, row.EditsMessageId, row.Attempts, row.Traceparent) { Operation = row.Operation, CreatedAt = row.CreatedAt };
    }

    /// <summary>Remembers that one more part was sent.</summary>
    public Task RecordPartAsync(NpgsqlConnection connection, long id, long messageId, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command("/* name: outbox.record_part */ update outbox set message_ids = message_ids || @messageId where id = @id", new { id, messageId }, cancellationToken));

    /// <summary>The message is out.</summary>
    public Task SentAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: outbox.sent */ update outbox set status = 'SENT', finished_at = @now, error = null where id = @id", new { id, now = time.GetUtcNow() }, cancellationToken));

    /// <summary>Try again after <paramref name="delay"/>; what follows in this chat waits, so that the order is kept.</summary>
    public Task RetryLaterAsync(NpgsqlConnection connection, long id, TimeSpan delay, string error, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: outbox.retry_later */ update outbox set attempts = attempts + 1, not_before = @next, error = @error where id = @id",
            new { id, next = time.GetUtcNow() + delay, error }, cancellationToken));

    /// <summary>This message can never be sent; the next one goes on.</summary>
    public Task ParkAsync(NpgsqlConnection connection, long id, string error, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: outbox.park */ update outbox set status = 'PARKED', finished_at = @now, error = @error where id = @id", new { id, now = time.GetUtcNow(), error }, cancellationToken));

    /// <summary>Nobody listens at this address; its messages stay until somebody writes from there again.</summary>
    public Task ParkAddressAsync(NpgsqlConnection connection, string address, string reason, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: outbox.park_address */ insert into parked_addresses (address, reason, parked_at) values (@address, @reason, @now) on conflict do nothing",
            new { address, reason, now = time.GetUtcNow() }, cancellationToken));

    /// <summary>Somebody wrote from this address, so it listens.</summary>
    public Task UnparkAddressAsync(NpgsqlConnection connection, string address, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command("/* name: outbox.unpark_address */ delete from parked_addresses where address = @address", new { address }, cancellationToken));

    /// <summary>Addresses that begin like this can be reached again.</summary>
    public Task UnparkAddressesAsync(NpgsqlConnection connection, string beginning, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command("/* name: outbox.unpark_addresses */ delete from parked_addresses where starts_with(address, @beginning)", new { beginning }, cancellationToken));

    /// <summary>The addresses whose oldest unsent message is due.</summary>
    public async Task<IReadOnlyList<string>> DueAddressesAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<string>(Command(
            """
            /* name: outbox.due_addresses */
            select head.address from (select distinct on (address) address, not_before from outbox where status = 'PENDING' order by address, id) head
            where head.not_before <= @now and not exists (select 1 from parked_addresses p where p.address = head.address)
            """,
            new { now = time.GetUtcNow() }, cancellationToken))];

    /// <summary>The messages whose buttons decide a gate.</summary>
    public async Task<IReadOnlyList<ShownMessage>> ShownForGateAsync(NpgsqlConnection connection, Guid gateId, CancellationToken cancellationToken) =>
        [.. await connection.QueryAsync<ShownMessage>(Command(
            "/* name: outbox.shown_for_gate */ select address, domain_key from outbox where gate_id = @gateId order by id", new { gateId }, cancellationToken))];

    /// <summary>Whether a message was said, or is about to be.</summary>
    public Task<bool> IsSaidAsync(NpgsqlConnection connection, string domainKey, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<bool>(Command("/* name: outbox.is_said */ select exists (select 1 from outbox where domain_key = @domainKey)", new { domainKey }, cancellationToken));

    // Properties, since Dapper cannot pass an array column to a constructor.
    private sealed record Row
    {
        public long Id { get; init; }

        public string Address { get; init; } = "";

        public string Markdown { get; init; } = "";

        public string Buttons { get; init; } = "[]";

        public bool AsksForReply { get; init; }

        public long[] MessageIds { get; init; } = [];

        public int Attempts { get; init; }

        public long? EditsMessageId { get; init; }

        public string? Traceparent { get; init; }

        public Guid Operation { get; init; }

        public DateTimeOffset CreatedAt { get; init; }
    }
}
