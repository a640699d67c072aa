using Npgsql;
using OrchestratorFunctions.GitHub.Repositories;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Conversations;

/// <summary>The commands that change what the talk is about, and so keep their place in it: /start, /new, /repo, /reset.</summary>
internal sealed class OrderedCommands(ConversationStore conversations, ProjectStore projects, ProjectControl control, RepositoryCommand repository, OutboxStore outbox)
{
    /// <summary>The name of a project whose idea nobody has told yet.</summary>
    public const string Unnamed = "New project";

    private const string Welcome =
        "Hello! I turn an idea into software: I ask, write down what you want, and a coding agent builds it, step by step, with your approval.\n\nWhat would you like to have? /help says how it works.";

    /// <summary>Does the command in the caller's transaction and says what came of it.</summary>
    /// <param name="check">What <see cref="RepositoryCommand.AskAsync"/> said of the row.</param>
    public async Task<IReadOnlyList<Wakeup>> RunAsync(NpgsqlConnection connection, InboxRow row, RepositoryCheck? check, CancellationToken cancellationToken)
    {
        var words = row.Text.Split(' ', 2, StringSplitOptions.TrimEntries);
        var argument = words.Length == 2 ? words[1] : "";
        var project = await conversations.CurrentProjectAsync(connection, row.Address, cancellationToken);
        switch (words[0])
        {
            case "/start":
                await StartAsync(connection, row, cancellationToken);
                return [];
            case "/new":
                var begun = await control.BeginAsync(connection, argument.Length > 0 ? Cut(argument) : Unnamed, row.Address, row.Person, cancellationToken);
                await SayAsync(connection, row, $"**{begun.Name}**: what is the idea?", cancellationToken);
                return [];
            case "/reset" when project is not null:
                await conversations.EndTopicAsync(connection, project.Id, cancellationToken);
                await SayAsync(connection, row, $"A new topic for **{project.Name}**. What we said before is kept, and I do not use it any more. What is on your mind?", cancellationToken);
                return [];
            case "/repo" when project is not null:
                return await repository.RunAsync(connection, row, project, argument, check, cancellationToken);
            case "/reset" or "/repo":
                await SayAsync(connection, row, "There is no project in this chat yet. Tell me your idea, and we begin.", cancellationToken);
                return [];
            default:
                await SayAsync(connection, row, $"I do not know {Cut(words[0])}. /help lists what I understand.", cancellationToken);
                return [];
        }
    }

    // Existing projects are offered, never a second one made by accident.
    private async Task StartAsync(NpgsqlConnection connection, InboxRow row, CancellationToken cancellationToken)
    {
        var known = await projects.OfAddressAsync(connection, row.Address, cancellationToken);
        if (known.Count == 0)
        {
            await SayAsync(connection, row, Welcome, cancellationToken);
            return;
        }

        await outbox.AppendAsync(connection, ProjectList.Of(known, row.Address, Key(row)), cancellationToken);
    }

    private Task SayAsync(NpgsqlConnection connection, InboxRow row, string text, CancellationToken cancellationToken) =>
        outbox.AppendAsync(connection, new OutboxMessage(row.Address, Key(row), text), cancellationToken);

    /// <summary>Names the reply to a row.</summary>
    public static string Key(InboxRow row) => $"inbox:{row.Id}:reply";

    // Half a character cannot be stored.
    private static string Cut(string text) => text.Length <= 100 ? text : text[..(char.IsHighSurrogate(text[99]) ? 99 : 100)];
}
