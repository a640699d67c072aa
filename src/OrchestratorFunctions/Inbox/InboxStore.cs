using Dapper;
using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Operations.Telemetry;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.Inbox;

/// <summary>What kind of thing a person sent.</summary>
internal enum DeliveryKind
{
    /// <summary>Words for the agent, or a reason that is owed.</summary>
    Text,

    /// <summary>A command.</summary>
    Command,

    /// <summary>A pressed button.</summary>
    Press,
}

/// <summary>A verified message from outside, before it is stored.</summary>
/// <param name="Source">Who delivers: <c>telegram:{botId}</c> or <c>github</c>.</param>
/// <param name="DeliveryId">The sender's id of this delivery; with the source it is stored once.</param>
/// <param name="Address">The conversation: <c>telegram:{chatId}</c>, <c>github:{repositoryId}#{issue}</c>.</param>
/// <param name="Person">Who sent it: <c>telegram:{userId}</c>, <c>github:{userId}</c>.</param>
/// <param name="Text">The words, the command with its arguments, or the button's token.</param>
/// <param name="MayAct">False: not one of the people who may use the app; only a press gets this far, to hear who may.</param>
internal sealed record IncomingDelivery(string Source, string DeliveryId, string Address, string Person, DeliveryKind Kind, string Text, bool MayAct = true)
{
    /// <summary>When it was said, where the channel knows that better than we do: a vendor may deliver hours late. Null: now.</summary>
    public DateTimeOffset? SaidAt { get; init; }

    /// <summary>The gate that a decision is about, where the channel knows which one was shown; null: the one that is open.</summary>
    public Guid? Gate { get; init; }

    /// <summary>Begins the domain keys of what is said in answer to it.</summary>
    public string Key => $"{Source}:{DeliveryId}";

    /// <summary>The channel it came by, <c>telegram</c>: what the audit trail keeps, since an address may be a person's.</summary>
    public string Channel => Address.Split(':', 2)[0];
}

/// <summary>A stored row that waits for its turn.</summary>
internal sealed record InboxRow(long Id, string Address, string Person, DeliveryKind Kind, string Text, int Attempts, DateTimeOffset ReceivedAt, string? Traceparent = null);

/// <summary>The SQL of the inbox.</summary>
internal sealed class InboxStore(TimeProvider time)
{
    /// <summary>Stores a delivery that waits for its turn. False: it was stored before.</summary>
    public Task<bool> AcceptAsync(NpgsqlConnection connection, IncomingDelivery delivery, CancellationToken cancellationToken) =>
        InsertAsync(connection, delivery, "OPEN", cancellationToken);

    /// <summary>Stores a delivery that is handled in the same transaction. False: it was stored, and handled, before.</summary>
    public Task<bool> AcceptHandledAsync(NpgsqlConnection connection, IncomingDelivery delivery, CancellationToken cancellationToken) =>
        InsertAsync(connection, delivery, "DONE", cancellationToken);

    /// <summary>Keeps what was answered to a delivery, so that a repeated one hears the same.</summary>
    public Task AnswerAsync(NpgsqlConnection connection, IncomingDelivery delivery, string answer, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: inbox.answer */ update inbox set answer = @answer where source = @Source and delivery_id = @DeliveryId",
            new { delivery.Source, delivery.DeliveryId, answer }, cancellationToken));

    public Task<string?> FindAnswerAsync(NpgsqlConnection connection, IncomingDelivery delivery, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<string?>(Command(
            "/* name: inbox.find_answer */ select answer from inbox where source = @Source and delivery_id = @DeliveryId",
            new { delivery.Source, delivery.DeliveryId }, cancellationToken));

    /// <summary>Takes the oldest open row of a conversation and counts the attempt; null when none is open. The row may not be due yet: see <see cref="Claim.DueIn"/>.</summary>
    public async Task<Claim?> ClaimOldestAsync(NpgsqlConnection connection, string address, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var row = await connection.QuerySingleOrDefaultAsync<Row?>(Command(
            """
            /* name: inbox.claim_oldest */
            update inbox set attempts = attempts + case when not_before <= @now then 1 else 0 end
            where id = (select id from inbox where address = @address and status = 'OPEN' order by id limit 1)
            returning id, address, person, kind, payload ->> 'text' as text, attempts, received_at, not_before, traceparent
            """,
            new { address, now }, cancellationToken));
        return row is null
            ? null
            : new Claim(
                new InboxRow(row.Id, row.Address, row.Person, Enum.Parse<DeliveryKind>(row.Kind, ignoreCase: true), row.Text, row.Attempts, row.ReceivedAt, row.Traceparent),
                row.NotBefore > now ? row.NotBefore - now : TimeSpan.Zero);
    }

    /// <summary>Lets other runs of the row wait until the caller's transaction ends.</summary>
    public Task LockAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command("/* name: inbox.lock */ select 1 from inbox where id = @id for update", new { id }, cancellationToken));

    /// <summary>Marks the row done. False: another run did it first, and this one must undo what it did.</summary>
    public async Task<bool> DoneAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            "/* name: inbox.done */ update inbox set status = 'DONE', finished_at = @now, error = null where id = @id and status = 'OPEN'",
            new { id, now = time.GetUtcNow() }, cancellationToken)) == 1;

    /// <summary>Lets the row wait; later rows of the conversation wait behind it.</summary>
    public Task RetryLaterAsync(NpgsqlConnection connection, long id, TimeSpan delay, string error, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: inbox.retry_later */ update inbox set not_before = @next, error = @error where id = @id and status = 'OPEN'",
            new { id, next = time.GetUtcNow() + delay, error }, cancellationToken));

    /// <summary>Lets the row wait for a vendor's outage to end; the attempt does not count.</summary>
    public Task WaitForVendorAsync(NpgsqlConnection connection, long id, TimeSpan delay, string error, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: inbox.wait_for_vendor */ update inbox set not_before = @next, error = @error, attempts = attempts - 1 where id = @id and status = 'OPEN'",
            new { id, next = time.GetUtcNow() + delay, error }, cancellationToken));

    /// <summary>Sets the row aside for the operator; later rows go on.</summary>
    public Task ParkAsync(NpgsqlConnection connection, long id, string error, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(
            "/* name: inbox.park */ update inbox set status = 'PARKED', finished_at = @now, error = @error where id = @id and status = 'OPEN'",
            new { id, now = time.GetUtcNow(), error }, cancellationToken));

    private async Task<bool> InsertAsync(NpgsqlConnection connection, IncomingDelivery delivery, string status, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(Command(
            """
            /* name: inbox.accept */
            insert into inbox (source, delivery_id, address, person, kind, payload, received_at, status, not_before, finished_at, traceparent)
            values (@Source, @DeliveryId, @Address, @Person, @kind, @payload::jsonb, @now, @status, @now, case when @status = 'OPEN' then null else @now end, @traceparent)
            on conflict on constraint one_row_per_delivery do nothing
            """,
            new
            {
                delivery.Source, delivery.DeliveryId, delivery.Address, delivery.Person, kind = delivery.Kind.ToString().ToUpperInvariant(),
                // A NUL is legal in JSON and in chat, and not in PostgreSQL's text.
                payload = Json.Write(new { Text = delivery.Text.Replace("\0", "", StringComparison.Ordinal) }), status, now = time.GetUtcNow(), traceparent = AppTracing.Here,
            },
            cancellationToken)) == 1;

    private sealed record Row(long Id, string Address, string Person, string Kind, string Text, int Attempts, DateTimeOffset ReceivedAt, DateTimeOffset NotBefore, string? Traceparent);
}

/// <summary>The oldest open row and how long it still has to wait.</summary>
internal sealed record Claim(InboxRow Row, TimeSpan DueIn);
