using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.GitHub.Repositories;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Conversations;

/// <summary><c>/repo owner/name</c> and <c>/repo new owner/name</c>: GitHub is asked first, while no transaction is open; then the project is bound.</summary>
internal sealed class RepositoryCommand(
    NpgsqlDataSource dataSource, ConversationStore conversations, ProjectStore projects, RepositoryStore repositories, PeopleStore people, RepositoryAccess access, ProjectControl control, OutboxStore outbox, AuditLog audit)
{
    private const string New = "new ";

    /// <summary>What GitHub says about the repository that a row asks for; null when it asks for none, or by somebody who may not.</summary>
    public async Task<RepositoryCheck?> AskAsync(InboxRow row, CancellationToken cancellationToken)
    {
        if (!row.Text.StartsWith("/repo ", StringComparison.Ordinal))
        {
            return null;
        }

        var argument = row.Text["/repo ".Length..].Trim();
        string? login;
        Project? project;
        await using (var connection = await dataSource.OpenConnectionAsync(cancellationToken))
        {
            project = await conversations.CurrentProjectAsync(connection, row.Address, cancellationToken);
            if (project is null || !MayChange(project) || !await projects.IsApproverAsync(connection, project.Id, row.Person, cancellationToken))
            {
                return null;
            }

            login = row.Person.StartsWith("github:", StringComparison.Ordinal) ? await people.NameAsync(connection, row.Person, cancellationToken) : null;
        }

        return argument.StartsWith(New, StringComparison.OrdinalIgnoreCase) ? await access.MakeAsync(project.Id, argument[New.Length..].Trim(), login, cancellationToken)
            : RepositoryName.Parse(argument) is { } repository ? await access.CheckAsync(repository, login, cancellationToken)
            : null;
    }

    /// <summary>Binds the repository in the caller's transaction, and says what came of it.</summary>
    public async Task<IReadOnlyList<Wakeup>> RunAsync(NpgsqlConnection connection, InboxRow row, Project project, string argument, RepositoryCheck? check, CancellationToken cancellationToken)
    {
        if (argument.Length == 0)
        {
            await SayAsync(connection, row, project.Repository is { } set ? $"**{project.Name}** works in `{set}`." : $"**{project.Name}** has no repository yet: /repo owner/name", cancellationToken);
            return [];
        }

        var isNew = argument.StartsWith(New, StringComparison.OrdinalIgnoreCase);
        var named = RepositoryName.Parse(argument);
        if (named is null && !isNew)
        {
            await SayAsync(connection, row, "That is not a GitHub repository. Please give it as /repo owner/name, or paste its https://github.com/… address.", cancellationToken);
            return [];
        }

        var delivery = new IncomingDelivery("inbox", row.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), row.Address, row.Person, row.Kind, row.Text);
        if (!await control.MayAsync(connection, project, delivery, cancellationToken))
        {
            return [];
        }

        var locked = (await projects.LockAsync(connection, project.Id, cancellationToken))!;
        if (!MayChange(locked))
        {
            await SayAsync(connection, row, $"**{project.Name}** is {locked.Status.InWords()}, so its repository stays `{locked.Repository ?? "unset"}`.", cancellationToken);
            return [];
        }

        var why = check switch
        {
            RepositoryCheck.Refused(var reason) => reason,
            not RepositoryCheck.Fine when isNew => "I make no repositories here, since GitHub is not configured.",
            _ => null,
        };
        if (why is not null)
        {
            await SayAsync(connection, row, why, cancellationToken);
            return [];
        }

        var repository = check is RepositoryCheck.Fine(var known) ? known.FullName : named!;
        if (string.Equals(locked.Repository, repository, StringComparison.OrdinalIgnoreCase))
        {
            await SayAsync(connection, row, $"**{project.Name}** works in `{repository}` already.", cancellationToken);
            return [];
        }

        if (check is RepositoryCheck.Fine fine)
        {
            await repositories.MoveAsync(connection, fine.Repository, cancellationToken);
        }

        var others = await projects.OthersInRepositoryAsync(connection, project.Id, repository, cancellationToken);
        await projects.SetRepositoryAsync(connection, project.Id, repository, cancellationToken);
        await SayAsync(connection, row, $"**{project.Name}** works in `{repository}`.{(others > 0 ? $" So {(others == 1 ? "does another project" : $"do {others} other projects")} that {(others == 1 ? "is" : "are")} not over: mind that they may get in each other's way." : "")}", cancellationToken);
        await audit.AppendAsync(connection, new AuditEntry("repository_set", row.Person, project.Id, new { repository, made = isNew }), cancellationToken);
        return [ProjectControl.Changed(locked)];
    }

    // The coding agent must not find itself elsewhere in the middle of its work.
    private static bool MayChange(Project project) =>
        !project.IsOver && project.Status != ProjectStatus.Stopping && (project.Repository is null || project.Status is ProjectStatus.Brainstorming or ProjectStatus.VisionReview);

    private Task SayAsync(NpgsqlConnection connection, InboxRow row, string text, CancellationToken cancellationToken) =>
        outbox.AppendAsync(connection, new OutboxMessage(row.Address, OrderedCommands.Key(row), text), cancellationToken);
}
