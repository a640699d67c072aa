using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Outbox;

namespace OrchestratorFunctions.Conversations.Forgetting;

/// <summary><c>/forget</c>: says what would go, and goes through with it when the person presses the button.</summary>
internal sealed class ForgetCommand(PersonForgetting forgetting, ForgetStore store, OutboxStore outbox) : IAnsweredAtOnce
{
    public const string Verb = "person.forget";

    public bool Takes(IncomingDelivery delivery) => delivery.Kind == DeliveryKind.Command && delivery.Text.Split(' ', 2)[0] == "/forget";

    public async Task<InstantAnswer> AnswerAsync(NpgsqlConnection connection, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        var own = await store.OwnProjectsAsync(connection, delivery.Person, cancellationToken);
        var projects = own.Count == 0 ? "" : $" That includes your {(own.Count == 1 ? "project" : "projects")} {string.Join(", ", own.Select(project => $"**{project.Name}**"))}, with every document.";
        var message = delivery.Address != delivery.Person
            ? new OutboxMessage(delivery.Address, $"{delivery.Key}:forget", "Please ask me that in our own chat, since it is about you alone.")
            : new OutboxMessage(
                delivery.Address, $"{delivery.Key}:forget",
                $"Shall I forget you? I delete what you wrote, your name, and who you are in the audit trail.{projects} What is in your repository stays there. This cannot be undone.")
            { Buttons = [new OutboxButton("Forget me", Verb)] };
        await outbox.AppendAsync(connection, message, cancellationToken);
        return new InstantAnswer(null);
    }

    /// <summary>The press of the button, by whoever pressed it, about himself.</summary>
    public async Task<InstantAnswer> ForgetAsync(NpgsqlConnection connection, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        var forgotten = await forgetting.ForgetAsync(connection, delivery.Person, AuditEntry.System, cancellationToken);
        if (forgotten.UnderWay.Count > 0)
        {
            return new InstantAnswer($"First stop {string.Join(", ", forgotten.UnderWay)} with /stop.");
        }

        // After the commit, and nobody waits for it: the histories name rows that are gone by then.
        _ = Task.Run(() => forgetting.PurgeAsync(forgotten.Instances, CancellationToken.None), CancellationToken.None);
        return new InstantAnswer("Forgotten. I do not know you any more.");
    }
}
