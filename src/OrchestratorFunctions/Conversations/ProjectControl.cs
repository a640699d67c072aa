using Npgsql;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Conversations;

/// <summary>A person begins, stops or resumes work on a project: the row moves first, then the workflow is nudged to look.</summary>
internal sealed class ProjectControl(
    ConversationStore conversations, ProjectStore projects, RepositoryStore repositories, ProjectProgress progress, GateStore gates, GateDecisions decisions, OutboxStore outbox, AuditLog audit, TimeProvider time)
{
    /// <summary>Begins a project in this chat and talks about it from now on.</summary>
    public async Task<Project> BeginAsync(NpgsqlConnection connection, string name, string address, string person, CancellationToken cancellationToken)
    {
        var project = new Project(Guid.CreateVersion7(time.GetUtcNow()), name, address, person, null, ProjectStatus.Brainstorming, null, 0);
        await projects.AddAsync(connection, project, cancellationToken);
        if (await repositories.OfAddressAsync(connection, address, cancellationToken) is { } repository)
        {
            // An issue lives in a repository, and so does the project that begins there.
            await projects.SetRepositoryAsync(connection, project.Id, repository.FullName, cancellationToken);
        }

        await conversations.ChooseAsync(connection, address, project.Id, cancellationToken);
        await audit.AppendAsync(connection, new AuditEntry("project_created", person, project.Id, new { name }), cancellationToken);
        return (await projects.FindAsync(connection, project.Id, cancellationToken))!;
    }

    /// <summary>Names a project that had no name yet.</summary>
    public Task NameAsync(NpgsqlConnection connection, Project project, string name, CancellationToken cancellationToken) => projects.RenameAsync(connection, project.Id, name, cancellationToken);

    /// <summary>Stops: the project is STOPPING and its gate is closed in one transaction, so nothing new starts from here on.</summary>
    public async Task<InstantAnswer> StopAsync(NpgsqlConnection connection, Project project, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        if (!await MayAsync(connection, project, delivery, cancellationToken))
        {
            return new InstantAnswer(null);
        }

        if (!await progress.StopAsync(connection, project.Id, cancellationToken))
        {
            await SayAsync(connection, delivery, $"Nothing is running for **{project.Name}** ({project.Status.InWords()}), so there is nothing to stop.", cancellationToken);
            return new InstantAnswer(null);
        }

        var closed = await decisions.CloseAsync(connection, project.Id, cancellationToken);
        await SayAsync(connection, delivery, $"Stopping **{project.Name}**. No further step starts. What the coding agent is doing at this moment I cannot call back: it may still finish its command.", cancellationToken);
        await audit.AppendAsync(connection, new AuditEntry("project_stopped", delivery.Person, project.Id, new { via = delivery.Channel }), cancellationToken);
        return new InstantAnswer(null, [.. closed, Changed(project)]);
    }

    /// <summary>Goes on after a pause; while a gate is open, names it instead: nothing passes a gate.</summary>
    public async Task<InstantAnswer> ContinueAsync(NpgsqlConnection connection, Project project, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        if (await gates.OpenOfProjectAsync(connection, project.Id, cancellationToken) is { } gate)
        {
            await outbox.AppendAsync(connection, GateMessages.Again(project, gate, delivery.Address, $"{delivery.Key}:gate"), cancellationToken);
            return new InstantAnswer(null);
        }

        if (!await MayAsync(connection, project, delivery, cancellationToken))
        {
            return new InstantAnswer(null);
        }

        if (await progress.ResumeAsync(connection, project.Id, cancellationToken))
        {
            await SayAsync(connection, delivery, $"**{project.Name}** goes on.", cancellationToken);
            await audit.AppendAsync(connection, new AuditEntry("project_resumed", delivery.Person, project.Id, new { via = delivery.Channel }), cancellationToken);
            return new InstantAnswer(null, Changed(project));
        }

        await SayAsync(connection, delivery, Nothing(project), cancellationToken);
        return new InstantAnswer(null);
    }

    /// <summary>The nudge for a project's workflow: look at the row.</summary>
    public static Wakeup Changed(Project project) => new(project.InstanceId, "changed");

    /// <summary>Whether the person decides in the project; says who does when not.</summary>
    public async Task<bool> MayAsync(NpgsqlConnection connection, Project project, IncomingDelivery delivery, CancellationToken cancellationToken)
    {
        if (await projects.IsApproverAsync(connection, project.Id, delivery.Person, cancellationToken))
        {
            return true;
        }

        var names = string.Join(", ", await projects.ApproverNamesAsync(connection, project.Id, cancellationToken));
        await SayAsync(connection, delivery, $"Only {names} can do that in **{project.Name}**.", cancellationToken);
        await audit.AppendAsync(connection, new AuditEntry("command_denied", delivery.Person, project.Id, new { command = delivery.Text.Split(' ', 2)[0], via = delivery.Channel }, AuditEntry.Denied), cancellationToken);
        return false;
    }

    private static string Nothing(Project project) => project.Status switch
    {
        ProjectStatus.Brainstorming => $"We are still talking about **{project.Name}**. Tell me more; when I know enough, I offer to write the vision.",
        ProjectStatus.Cancelled or ProjectStatus.Completed => $"**{project.Name}** is {project.Status.InWords()}. /new begins another project.",
        _ => $"**{project.Name}** is on its way: {project.Activity ?? project.Status.InWords()}. There is nothing to continue.",
    };

    private Task SayAsync(NpgsqlConnection connection, IncomingDelivery delivery, string text, CancellationToken cancellationToken) =>
        outbox.AppendAsync(connection, new OutboxMessage(delivery.Address, $"{delivery.Key}:answer", text), cancellationToken);
}
