using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Operations.Limits;
using OrchestratorFunctions.Operations.Telemetry;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Inbox;

/// <summary>What was answered at the edge.</summary>
/// <param name="Toast">A short text for who pressed a button; null for none.</param>
/// <param name="Wakeups">Whom to nudge after the commit.</param>
internal sealed record InstantAnswer(string? Toast, params IReadOnlyList<Wakeup> Wakeups);

/// <summary>What needs no model and so does not queue behind one: it is answered in the transaction that stores the delivery.</summary>
internal interface IAnsweredAtOnce
{
    bool Takes(IncomingDelivery delivery);

    Task<InstantAnswer> AnswerAsync(NpgsqlConnection connection, IncomingDelivery delivery, CancellationToken cancellationToken);
}

/// <summary>The way in for every channel: one transaction that stores a verified delivery, and nudges after its commit.</summary>
internal sealed class Intake(
    NpgsqlDataSource dataSource, InboxStore inbox, OutboxStore outbox, PeopleStore people, IEnumerable<IAnsweredAtOnce> atOnce, Wakeups wakeups, AppMetrics metrics, PersonLimit limit)
{
    /// <summary>
    /// Stores <paramref name="delivery"/> once and returns the toast for a press. A repeated delivery changes nothing and hears the same.
    /// Throws when it could not be stored, so that the sender sends it again.
    /// </summary>
    public async Task<string?> ReceiveAsync(IncomingDelivery delivery, string name, CancellationToken cancellationToken)
    {
        // Whoever may act is never kept from deciding; a stranger's presses count as words do.
        if ((delivery.Kind != DeliveryKind.Press || !delivery.MayAct) && limit.Take(delivery.Person) is { Allowed: false } taken)
        {
            return delivery.Kind == DeliveryKind.Press ? "That was too much at once." : await SlowDownAsync(delivery, taken, cancellationToken);
        }

        var answer = await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                await people.RememberAsync(connection, new Person(delivery.Person, name), token);
                await outbox.UnparkAddressAsync(connection, delivery.Address, token);
                return atOnce.FirstOrDefault(handler => handler.Takes(delivery)) is { } handler
                    ? await AnswerAsync(connection, handler, delivery, token)
                    : await QueueAsync(connection, delivery, token);
            },
            cancellationToken);

        // The commit has happened: a sender that hangs up now must not cost the nudge.
        await wakeups.SendAsync(answer.Wakeups, CancellationToken.None);
        await wakeups.SayAsync(delivery.Address, CancellationToken.None);
        return answer.Toast;
    }

    // Said once in each window: a flood of messages does not become a flood of answers.
    private async Task<string?> SlowDownAsync(IncomingDelivery delivery, Taken taken, CancellationToken cancellationToken)
    {
        if (taken.IsFirstRefusal)
        {
            await dataSource.InTransactionAsync(
                (connection, token) => outbox.AppendAsync(
                    connection,
                    new OutboxMessage(delivery.Address, $"{delivery.Key}:limit", $"That was too much at once: I did not read this message. Please say it again in {Math.Ceiling(taken.RetryAfter.TotalSeconds)} seconds."), token),
                cancellationToken);
            await wakeups.SayAsync(delivery.Address, cancellationToken);
        }

        return null;
    }

    private async Task<InstantAnswer> AnswerAsync(NpgsqlConnection connection, IAnsweredAtOnce handler, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        if (!Counted(delivery, await inbox.AcceptHandledAsync(connection, delivery, cancellationToken)))
        {
            return new InstantAnswer(await inbox.FindAnswerAsync(connection, delivery, cancellationToken));
        }

        var answer = await handler.AnswerAsync(connection, delivery, cancellationToken);
        if (answer.Toast is not null)
        {
            await inbox.AnswerAsync(connection, delivery, answer.Toast, cancellationToken);
        }

        return answer;
    }

    private async Task<InstantAnswer> QueueAsync(NpgsqlConnection connection, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        Counted(delivery, await inbox.AcceptAsync(connection, delivery, cancellationToken));
        return new InstantAnswer(null, Mailbox.Wakeup(delivery.Address));
    }

    private bool Counted(IncomingDelivery delivery, bool isNew)
    {
        metrics.Delivery(delivery.Address, isNew ? "accepted" : "repeated");
        return isNew;
    }
}

/// <summary>The orchestration that takes one conversation's rows in order.</summary>
internal static class Mailbox
{
    public const string Orchestrator = "ConversationOrchestrator";
    public const string NudgeEvent = "nudge";

    public static Wakeup Wakeup(string address) => new($"conversation:{address}", NudgeEvent, Orchestrator, address);
}

/// <summary>Nudges conversations whose rows nobody has taken up for five seconds, and forgets old rows now and then.</summary>
internal sealed class InboxSweep(InboxUpkeep upkeep, Wakeups wakeups, TimeProvider time) : ISweep
{
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ForgetInterval = TimeSpan.FromHours(1);
    private DateTimeOffset forgetAt = time.GetUtcNow();

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var addresses = await upkeep.StaleAddressesAsync(Stale, cancellationToken);
        await wakeups.SendAsync(addresses.Select(Mailbox.Wakeup), cancellationToken);
        if (time.GetUtcNow() >= forgetAt)
        {
            await upkeep.ForgetOldAsync(cancellationToken);
            forgetAt = time.GetUtcNow() + ForgetInterval;
        }
    }
}
