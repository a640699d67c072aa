using Npgsql;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Conversations.Forgetting;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Workflow;

namespace OrchestratorFunctions.Conversations;

/// <summary>Every pressed button, answered at the edge. The token only names what was pressed; all else is checked now.</summary>
internal sealed class ButtonPresses(
    ButtonStore buttons, GateStore gates, GateDecisions decisions, OwedReasons reasons, OfferStore offers, ConversationStore conversations,
    ProjectStore projects, ProjectProgress progress, ProjectControl control, OutboxStore outbox, AuditLog audit, ForgetCommand forget) : IAnsweredAtOnce
{
    private static readonly InstantAnswer Unknown = new("I do not know this button.");

    public bool Takes(IncomingDelivery delivery) => delivery.Kind == DeliveryKind.Press;

    public async Task<InstantAnswer> AnswerAsync(NpgsqlConnection connection, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        // A NUL is legal in JSON and not in PostgreSQL's text.
        var button = delivery.Text.Contains('\0', StringComparison.Ordinal) ? null : await buttons.FindAsync(connection, delivery.Text, cancellationToken);
        return button switch
        {
            { Verb: GateVerbs.Approve, Subject: { } gate } => await DecideAsync(connection, gate, GateStatus.Approved, delivery, cancellationToken),
            { Verb: GateVerbs.Retry, Subject: { } gate } => await DecideAsync(connection, gate, GateStatus.Retried, delivery, cancellationToken),
            { Verb: GateVerbs.Skip, Subject: { } gate } => await DecideAsync(connection, gate, GateStatus.Skipped, delivery, cancellationToken),
            { Verb: GateVerbs.Stop, Subject: { } gate } => await DecideAsync(connection, gate, GateStatus.Stopped, delivery, cancellationToken),
            { Verb: GateVerbs.Change, Subject: { } gate } => await AskForReasonAsync(connection, gate, delivery, cancellationToken),
            { Verb: TalkVerbs.TakeOffer, Subject: { } offer } => await TakeAsync(connection, offer, delivery, cancellationToken),
            { Verb: TalkVerbs.SwitchProject, Subject: { } project } when delivery.MayAct => await SwitchAsync(connection, project, delivery, cancellationToken),
            { Verb: TalkVerbs.NewProject } when delivery.MayAct => await NewAsync(connection, delivery, cancellationToken),
            { Verb: ForgetCommand.Verb } => await forget.ForgetAsync(connection, delivery, cancellationToken),
            _ => Unknown,
        };
    }

    private static Decider DeciderOf(IncomingDelivery delivery) => new(delivery.Person, delivery.Address, delivery.MayAct);

    private async Task<InstantAnswer> DecideAsync(NpgsqlConnection connection, Guid gate, GateStatus decision, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        var result = await decisions.DecideAsync(connection, gate, decision, DeciderOf(delivery), reason: null, cancellationToken);
        return new InstantAnswer(result.Toast, result.Wakeups);
    }

    private async Task<InstantAnswer> AskForReasonAsync(NpgsqlConnection connection, Guid gateId, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        if (await gates.FindAsync(connection, gateId, cancellationToken) is not { } gate)
        {
            return Unknown;
        }

        if (await decisions.RefuseAsync(connection, gate, DeciderOf(delivery), cancellationToken) is { } refused)
        {
            return new InstantAnswer(refused.Toast);
        }

        await reasons.OweAsync(connection, gateId, delivery.Person, delivery.Address, cancellationToken);
        await outbox.AppendAsync(
            connection,
            new OutboxMessage(delivery.Address, $"{delivery.Key}:reason", $"What should be different in **{gate.Title}**? Your next message here is what I pass on.") { AsksForReply = true },
            cancellationToken);
        return new InstantAnswer("Tell me what should be different.");
    }

    /// <summary>Takes an offer, by its button or by the command that stands for it.</summary>
    public async Task<InstantAnswer> TakeAsync(NpgsqlConnection connection, Guid offerId, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        if (await offers.FindAsync(connection, offerId, cancellationToken) is not { } offer || await projects.LockAsync(connection, offer.ProjectId, cancellationToken) is not { } project)
        {
            return Unknown;
        }

        if (!delivery.MayAct || !await projects.IsApproverAsync(connection, project.Id, delivery.Person, cancellationToken))
        {
            await audit.AppendAsync(connection, new AuditEntry("offer_denied", delivery.Person, project.Id, new { offer = offer.Id, via = delivery.Channel }, AuditEntry.Denied), cancellationToken);
            return new InstantAnswer($"Only {string.Join(", ", await projects.ApproverNamesAsync(connection, project.Id, cancellationToken))} can decide this.");
        }

        // Refused, not taken: the offer still stands when the project is talked about again.
        if (offer.GateId is null && project.Status != ProjectStatus.Brainstorming && await offers.StandingVisionAsync(connection, offer.TopicId, cancellationToken) == offer.Id)
        {
            return new InstantAnswer($"{project.Name} is {project.Status.InWords()}, so I cannot write a vision now.");
        }

        if (!await offers.TakeAsync(connection, offer.Id, delivery.Person, cancellationToken))
        {
            return new InstantAnswer("That is done already.");
        }

        return offer is { GateId: { } gate, Reason: { } reason }
            ? await ChangeAsync(connection, gate, reason, delivery, cancellationToken)
            : await WriteVisionAsync(connection, project, offer, delivery, cancellationToken);
    }

    private async Task<InstantAnswer> ChangeAsync(NpgsqlConnection connection, Guid gate, string reason, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        var result = await decisions.DecideAsync(connection, gate, GateStatus.Rejected, DeciderOf(delivery), reason, cancellationToken);
        return new InstantAnswer(result.Toast, result.Wakeups);
    }

    private async Task<InstantAnswer> WriteVisionAsync(NpgsqlConnection connection, Project project, Offer offer, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        if (!await progress.RequestRunAsync(connection, project.Id, cancellationToken))
        {
            return new InstantAnswer($"{project.Name} is {project.Status.InWords()}, so I cannot write a vision now.");
        }

        var started = (await projects.FindAsync(connection, project.Id, cancellationToken))!;
        await outbox.AppendAsync(
            connection,
            new OutboxMessage(delivery.Address, $"{Offer.MessageKey(offer.Id)}:taken", "I am writing the vision. This takes a moment.") { EditsDomainKey = Offer.MessageKey(offer.Id) },
            cancellationToken);
        await audit.AppendAsync(connection, new AuditEntry("workflow_started", delivery.Person, project.Id, new { run = started.Run, via = delivery.Channel }), cancellationToken);
        return new InstantAnswer("I am writing the vision.", ProjectSweep.Start(started.Id, started.Run));
    }

    private async Task<InstantAnswer> SwitchAsync(NpgsqlConnection connection, Guid projectId, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        if (await projects.FindAsync(connection, projectId, cancellationToken) is not { } project || project.Address != delivery.Address)
        {
            return Unknown;
        }

        await conversations.ChooseAsync(connection, delivery.Address, project.Id, cancellationToken);
        await outbox.AppendAsync(connection, new OutboxMessage(delivery.Address, $"{delivery.Key}:switched", $"We are talking about **{project.Name}** now. /status says where it is."), cancellationToken);
        return new InstantAnswer($"Now: {project.Name}");
    }

    private async Task<InstantAnswer> NewAsync(NpgsqlConnection connection, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        await control.BeginAsync(connection, OrderedCommands.Unnamed, delivery.Address, delivery.Person, cancellationToken);
        await outbox.AppendAsync(connection, new OutboxMessage(delivery.Address, $"{delivery.Key}:new", "A new project. What is your idea?"), cancellationToken);
        return new InstantAnswer("A new project.");
    }
}
