using Npgsql;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Conversations;

/// <summary>
/// The buttons as commands, for channels that have none: /approve, /reject, /retry, /skip, /vision. A command names no gate, so it
/// decides the one that was open when it was said, and none that came later.
/// </summary>
internal sealed class GateCommands(
    ConversationStore conversations, ProjectControl control, GateStore gates, GateDecisions decisions, OfferStore offers, ButtonPresses presses, OutboxStore outbox) : IAnsweredAtOnce
{
    private const string Approve = "/approve";
    private const string Reject = "/reject";
    private const string Retry = "/retry";
    private const string Skip = "/skip";
    private const string Vision = "/vision";

    // A vendor's time may be in whole seconds.
    private static readonly TimeSpan Grain = TimeSpan.FromSeconds(1);

    public bool Takes(IncomingDelivery delivery) => delivery.Kind == DeliveryKind.Command && delivery.Text.Split(' ', 2)[0] is Approve or Reject or Retry or Skip or Vision;

    public async Task<InstantAnswer> AnswerAsync(NpgsqlConnection connection, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        var words = delivery.Text.Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var argument = words.Length == 2 ? words[1] : null;
        if (delivery.Gate is { } named && await gates.FindAsync(connection, named, cancellationToken) is { } shown)
        {
            return await SayAsync(connection, delivery, await DecideAsync(connection, delivery, shown, words[0], argument, cancellationToken), cancellationToken);
        }

        if (await conversations.CurrentProjectAsync(connection, delivery.Address, cancellationToken) is not { } project)
        {
            return await SayAsync(connection, delivery, new InstantAnswer("There is no project in this chat yet. Tell me your idea, and we begin."), cancellationToken);
        }

        var gate = await gates.OpenOfProjectAsync(connection, project.Id, cancellationToken);
        if (words[0] == Vision || (words[0] == Approve && gate is null))
        {
            var topic = await conversations.TopicAsync(connection, project.Id, cancellationToken);
            return await SayAsync(
                connection, delivery,
                await offers.StandingVisionAsync(connection, topic, cancellationToken) is { } offer
                    ? await presses.TakeAsync(connection, offer, delivery, cancellationToken)
                    : new InstantAnswer($"Nothing waits for that in **{project.Name}** ({project.Status.InWords()})."),
                cancellationToken);
        }

        if (gate is null)
        {
            return words[0] == Retry && project.Status == ProjectStatus.Paused
                ? await control.ContinueAsync(connection, project, delivery, cancellationToken)
                : await SayAsync(connection, delivery, new InstantAnswer($"Nothing waits for a decision in **{project.Name}** ({project.Status.InWords()})."), cancellationToken);
        }

        return await SayAsync(connection, delivery, await DecideAsync(connection, delivery, gate, words[0], argument, cancellationToken), cancellationToken);
    }

    private async Task<InstantAnswer> DecideAsync(NpgsqlConnection connection, IncomingDelivery delivery, Gate gate, string command, string? argument, CancellationToken cancellationToken)
    {
        GateStatus? decision = (command, gate.Kind) switch
        {
            (Retry, GateKind.ErrorResolution) => GateStatus.Retried,
            (Skip, GateKind.ErrorResolution) when gate.MaySkip => GateStatus.Skipped,
            (Approve, not GateKind.ErrorResolution) => GateStatus.Approved,
            (Reject, not GateKind.ErrorResolution) => GateStatus.Rejected,
            _ => null,
        };
        if (decision is null)
        {
            return new InstantAnswer($"**{gate.Title}** is answered with {(gate.Kind != GateKind.ErrorResolution ? "/approve or /reject" : gate.MaySkip ? "/retry, /skip or /stop" : "/retry or /stop")}.");
        }

        if (decision == GateStatus.Rejected && argument is null)
        {
            return new InstantAnswer($"What should be different in **{gate.Title}**? Say it with the command: /reject and your reason.");
        }

        if (delivery.SaidAt is { } saidAt && saidAt + Grain < await gates.OpenedAtAsync(connection, gate.Id, cancellationToken))
        {
            return new InstantAnswer($"**{gate.Title}** came after you had written that, so it does not count for it. Please look at it and say it again.");
        }

        var result = await decisions.DecideAsync(connection, gate.Id, decision.Value, new Decider(delivery.Person, delivery.Address, delivery.MayAct), argument, cancellationToken);
        return new InstantAnswer(result.Toast, result.Wakeups);
    }

    // A command gets its answer in the chat; a toast needs a button.
    private async Task<InstantAnswer> SayAsync(NpgsqlConnection connection, IncomingDelivery delivery, InstantAnswer answer, CancellationToken cancellationToken)
    {
        if (answer.Toast is { } text)
        {
            await outbox.AppendAsync(connection, new OutboxMessage(delivery.Address, $"{delivery.Key}:answer", text), cancellationToken);
        }

        return new InstantAnswer(null, answer.Wakeups);
    }
}
