using Npgsql;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Conversations;

/// <summary>The commands that read or steer and need no model, answered at the edge even while the model is down.</summary>
internal sealed class InstantCommands(
    ConversationStore conversations, ProjectStore projects, ProjectControl control, GateStore gates, OutboxStore outbox) : IAnsweredAtOnce
{
    public const string Help =
        """
        Tell me your idea in your own words; I ask until I understand it. Then:

        1. I write a **vision** that you can read, and you approve it or change it.
        2. The coding agent reads your repository and makes a **plan**; you approve it or change it.
        3. It **builds**, then **checks** what it built, and you approve the report.

        Nothing goes on without your button.

        /status – where your project is
        /pending – everything that waits for you
        /continue – go on after a pause
        /stop – stop the work on this project
        /projects – all projects of this chat
        /new name – begin another project
        /repo owner/name – the GitHub repository to work in
        /repo new owner/name – make one for it, where my operator allows that
        /approve, /reject reason – decide what waits, as its buttons do; a review of the pull request decides too
        /retry, /skip – after a failed step
        /vision – have the vision written, when I offer it
        /reset – forget this talk and begin a new topic
        /forget – delete all I know about you
        """;

    private static readonly string[] Names = ["/status", "/pending", "/help", "/stop", "/continue", "/projects"];

    public bool Takes(IncomingDelivery delivery) => delivery.Kind == DeliveryKind.Command && Names.Contains(delivery.Text.Split(' ', 2)[0]);

    public async Task<InstantAnswer> AnswerAsync(NpgsqlConnection connection, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        var command = delivery.Text.Split(' ', 2)[0];
        if (command == "/help")
        {
            await SayAsync(connection, delivery, Help, cancellationToken);
            return new InstantAnswer(null);
        }

        if (command == "/pending")
        {
            await PendingAsync(connection, delivery, cancellationToken);
            return new InstantAnswer(null);
        }

        if (command == "/projects")
        {
            await outbox.AppendAsync(connection, ProjectList.Of(await projects.OfAddressAsync(connection, delivery.Address, cancellationToken), delivery.Address, $"{delivery.Key}:projects"), cancellationToken);
            return new InstantAnswer(null);
        }

        if (await conversations.CurrentProjectAsync(connection, delivery.Address, cancellationToken) is not { } project)
        {
            await SayAsync(connection, delivery, "There is no project in this chat yet. Tell me your idea, and we begin.", cancellationToken);
            return new InstantAnswer(null);
        }

        switch (command)
        {
            case "/stop":
                return await control.StopAsync(connection, project, delivery, cancellationToken);
            case "/continue":
                return await control.ContinueAsync(connection, project, delivery, cancellationToken);
            default:
                await SayAsync(connection, delivery, StatusOf(project, await gates.OpenOfProjectAsync(connection, project.Id, cancellationToken)), cancellationToken);
                return new InstantAnswer(null);
        }
    }

    private static string StatusOf(Project project, Gate? gate)
    {
        string[] lines =
        [
            $"**{project.Name}** — {project.Status.InWords()}",
            .. gate is not null ? [$"Waits for a decision: {gate.Title} (/pending shows the buttons)"]
                : project.Activity is { } activity ? [$"Now: {activity}"] : Array.Empty<string>(),
            project.Repository is { } repository ? $"Repository: `{repository}`" : "Repository: none yet (/repo owner/name)",
        ];
        return string.Join("\n\n", lines);
    }

    private async Task PendingAsync(NpgsqlConnection connection, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        var open = await gates.OpenForAsync(connection, delivery.Person, cancellationToken);
        if (open.Count == 0)
        {
            await SayAsync(connection, delivery, "Nothing waits for you.", cancellationToken);
        }

        foreach (var gate in open)
        {
            var project = (await projects.FindAsync(connection, gate.ProjectId, cancellationToken))!;
            await outbox.AppendAsync(connection, GateMessages.Again(project, gate, delivery.Address, $"{delivery.Key}:pending:{gate.Id}"), cancellationToken);
        }
    }

    private Task SayAsync(NpgsqlConnection connection, IncomingDelivery delivery, string text, CancellationToken cancellationToken) =>
        outbox.AppendAsync(connection, new OutboxMessage(delivery.Address, $"{delivery.Key}:answer", text), cancellationToken);
}
