using Npgsql;
using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Visions;

namespace OrchestratorFunctions.Conversations;

/// <summary>One turn of talk: a reason that was owed, or words for the agent, whose proposals become offers that a person may take.</summary>
internal sealed class TalkTurn(
    NpgsqlDataSource dataSource, ConversationStore conversations, ProjectControl control, InboxStore inbox, OfferStore offers, OwedReasons reasons, GateStore gates,
    GateDecisions decisions, VisionStore visions, ProductAgent agent, Completeness completeness, OutboxStore outbox, ILogger<TalkTurn> logger)
{
    private const int NewestMessages = 40;

    /// <summary>Answers the row and marks it done; returns whom to nudge.</summary>
    public async Task<IReadOnlyList<Wakeup>> TakeAsync(InboxRow row, CancellationToken cancellationToken)
    {
        var (project, topic, owed, gate) = await dataSource.InTransactionAsync((connection, token) => PrepareAsync(connection, row, token), cancellationToken);
        if (owed is { } gateId)
        {
            return await GiveReasonAsync(row, project, topic, gateId, cancellationToken);
        }

        if (project.IsOver)
        {
            return await FinishedAsync(row, project, cancellationToken);
        }

        var messages = await visions.NewestMessagesAsync(project.Id, NewestMessages, cancellationToken);
        IReadOnlyList<TopicMessage> withThis = [.. messages, new TopicMessage("user", row.Text)];
        var summary = gate is null ? null : new OpenGateSummary(gate.Kind.ToString(), gate.Title, gate.DocumentVersion);
        var reply = await agent.ReplyAsync(new AgentTurn(project, withThis, summary), cancellationToken);
        var wantsVision = reply.Proposals.OfType<VisionProposal>().Any() || (project.Status == ProjectStatus.Brainstorming && await IsCompleteAsync([.. withThis, new TopicMessage("assistant", reply.Markdown)], cancellationToken));

        await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                // Zero rows: an overlapping run answered first, and what this one thought of is not said.
                if (!await inbox.DoneAsync(connection, row.Id, token))
                {
                    return;
                }

                await conversations.KeepTurnAsync(connection, row.Address, project.Id, topic, row.Id, row.Text, reply.Markdown, token);
                await outbox.AppendAsync(connection, new OutboxMessage(row.Address, $"inbox:{row.Id}:reply", reply.Markdown), token);
                if (wantsVision && project.Status == ProjectStatus.Brainstorming)
                {
                    await OfferVisionAsync(connection, row, project, topic, token);
                }

                if (gate is not null && gate.Kind != GateKind.ErrorResolution && reply.Proposals.OfType<ChangeProposal>().FirstOrDefault() is { } change)
                {
                    await OfferChangeAsync(connection, row, project, topic, gate, change, token);
                }
            },
            cancellationToken);
        return [];
    }

    private async Task<(Project Project, Guid Topic, Guid? Owed, Gate? Gate)> PrepareAsync(NpgsqlConnection connection, InboxRow row, CancellationToken cancellationToken)
    {
        var project = await conversations.CurrentProjectAsync(connection, row.Address, cancellationToken)
            ?? await BeginAsync(connection, row, cancellationToken);
        if (project.Name == OrderedCommands.Unnamed)
        {
            await control.NameAsync(connection, project, ProjectName.From(row.Text), cancellationToken);
        }

        return (
            project, await conversations.TopicAsync(connection, project.Id, cancellationToken), await reasons.OwedAsync(connection, row.Person, row.Address, cancellationToken),
            await gates.OpenOfProjectAsync(connection, project.Id, cancellationToken));
    }

    // Of two overlapping runs of the row, the second waits here and then finds the project that the first has begun.
    private async Task<Project> BeginAsync(NpgsqlConnection connection, InboxRow row, CancellationToken cancellationToken)
    {
        await inbox.LockAsync(connection, row.Id, cancellationToken);
        return await conversations.CurrentProjectAsync(connection, row.Address, cancellationToken)
            ?? await control.BeginAsync(connection, ProjectName.From(row.Text), row.Address, row.Person, cancellationToken);
    }

    private Task<IReadOnlyList<Wakeup>> GiveReasonAsync(InboxRow row, Project project, Guid topic, Guid gateId, CancellationToken cancellationToken) => dataSource.InTransactionAsync(
        async (connection, token) =>
        {
            if (!await inbox.DoneAsync(connection, row.Id, token))
            {
                return [];
            }

            // Decided first: what is kept of the talk is what was really answered, and the project's row is locked before anything refers to it.
            var result = await decisions.DecideAsync(connection, gateId, GateStatus.Rejected, new Decider(row.Person, row.Address), row.Text, token);
            var gate = (await gates.FindAsync(connection, gateId, token))!;
            var answer = result.Done ? $"I pass that on; a new version of **{gate.Title.Split(',')[0]}** follows." : result.Toast;
            if (gate.ProjectId == project.Id)
            {
                await conversations.KeepTurnAsync(connection, row.Address, project.Id, topic, row.Id, row.Text, answer, token);
            }

            await outbox.AppendAsync(connection, new OutboxMessage(row.Address, $"inbox:{row.Id}:reply", answer), token);
            return result.Wakeups;
        },
        cancellationToken);

    private Task<IReadOnlyList<Wakeup>> FinishedAsync(InboxRow row, Project project, CancellationToken cancellationToken) => dataSource.InTransactionAsync<IReadOnlyList<Wakeup>>(
        async (connection, token) =>
        {
            if (await inbox.DoneAsync(connection, row.Id, token))
            {
                await outbox.AppendAsync(
                    connection,
                    new OutboxMessage(row.Address, $"inbox:{row.Id}:reply", $"**{project.Name}** is {project.Status.InWords()}. Shall we begin a new project? /projects lists the others.")
                    {
                        Buttons = [new OutboxButton("New project", TalkVerbs.NewProject)],
                    },
                    token);
            }

            return [];
        },
        cancellationToken);

    // An answer is worth more than an offer: when only the second question to the model fails, the reply goes out without one.
    private async Task<bool> IsCompleteAsync(IReadOnlyList<TopicMessage> messages, CancellationToken cancellationToken)
    {
        try
        {
            return (await completeness.AssessAsync(messages, cancellationToken)).IsComplete;
        }
        catch (Exception fault) when (fault is ModelUnavailableException or ModelAnswerException)
        {
            logger.LogWarning("Completeness could not be assessed: {Reason}", fault.Message);
            return false;
        }
    }

    private async Task OfferVisionAsync(NpgsqlConnection connection, InboxRow row, Project project, Guid topic, CancellationToken cancellationToken)
    {
        if (await offers.AddVisionAsync(connection, project.Id, topic, cancellationToken) is not { } offer)
        {
            return;
        }

        await outbox.AppendAsync(
            connection,
            new OutboxMessage(row.Address, Offer.MessageKey(offer), "I think I know enough to write the vision: two pages in plain words that you can approve or change. Or just keep talking.")
            {
                Buttons = [new OutboxButton("Generate vision", TalkVerbs.TakeOffer, offer)],
            },
            cancellationToken);
    }

    private async Task OfferChangeAsync(NpgsqlConnection connection, InboxRow row, Project project, Guid topic, Gate gate, ChangeProposal change, CancellationToken cancellationToken)
    {
        var offer = await offers.AddChangeAsync(connection, project.Id, topic, gate.Id, change.Reason, cancellationToken);
        await outbox.AppendAsync(
            connection,
            new OutboxMessage(row.Address, Offer.MessageKey(offer), $"Shall I send **{gate.Title}** back with this?\n\n> {change.Reason.ReplaceLineEndings("\n> ")}")
            {
                Buttons = [new OutboxButton("Change", TalkVerbs.TakeOffer, offer)],
            },
            cancellationToken);
    }
}
