using System.Globalization;
using System.Text.RegularExpressions;

namespace TestKit.Scar;

/// <summary>The slash commands that SCAR answers by itself.</summary>
internal sealed partial class ScarCommands(ScarStandIn scar)
{
    public const string NoCodebase = "No codebase configured. Use /clone for a new repo or /repos to list your current repos you can switch to.";

    /// <summary>The reply to a command other than /command-invoke.</summary>
    public string Answer(ScarConversation conversation, string message)
    {
        var words = ScarArguments.Split(message);
        var rest = words.Skip(1).ToArray();
        return words[0] switch
        {
            "/help" => "Available Commands:\n\n/repos, /repo, /clone, /status, /getcwd, /setcwd, /commands, /command-invoke, /worktree, /reset, /reset-context",
            "/status" => Status(conversation),
            "/getcwd" => $"Current working directory: {conversation.Directory ?? "Not set"}",
            "/setcwd" => SetDirectory(conversation, rest),
            "/repos" => Repositories(conversation),
            "/repo" => Switch(conversation, rest),
            "/repo-remove" => Remove(rest),
            "/clone" => Clone(conversation, rest),
            "/commands" => Commands(conversation),
            "/worktree" => Worktree(conversation, rest),
            "/reset" => Reset(conversation, "Session cleared. Starting fresh on next message.\n\nCodebase configuration preserved."),
            "/reset-context" => Reset(conversation, "AI context reset."),
            var other => $"Unknown command: {other}\n\nType /help for available commands or /templates for command templates.",
        };
    }

    private string Status(ScarConversation conversation)
    {
        var text = "Platform: test\nAI Assistant: claude\n\n" + (conversation.Codebase is { } codebase
            ? $"Codebase: {codebase.Name}{(codebase.Url is null ? "" : $"\nRepository: {codebase.Url}")}"
            : "No codebase configured. Use /clone <repo-url> to get started.");
        text += $"\n\nCurrent Working Directory: {conversation.Directory ?? "Not set"}";
        if (conversation.Worktree is { } worktree)
        {
            var own = $"{scar.Workspace}/{conversation.Codebase?.Name}/";
            text += $"\nWorktree: {(worktree.StartsWith(own, StringComparison.Ordinal) ? worktree[own.Length..] : worktree[(scar.Workspace.Length + 1)..])}";
        }

        return conversation.Session is { } session ? text + $"\nActive Session: {session[..8]}..." : text;
    }

    private string SetDirectory(ScarConversation conversation, string[] rest)
    {
        if (rest.Length == 0)
        {
            return "Usage: /setcwd <path>";
        }

        if (rest[0] != scar.Workspace && !rest[0].StartsWith(scar.Workspace + "/", StringComparison.Ordinal))
        {
            return $"Path must be within {scar.Workspace} directory";
        }

        // The codebase stays what it was: the trap.
        (conversation.Directory, conversation.Session) = (rest[0].TrimEnd('/'), null);
        return $"Working directory set to: {conversation.Directory}";
    }

    private string Repositories(ScarConversation conversation)
    {
        var lines = scar.Folders().Select((folder, index) => $"{index + 1}. {folder.Name}{(folder == conversation.Codebase ? " ← active" : "")}");
        return $"Repositories:\n\n{string.Join('\n', lines)}\n\nUse /repo <number|name> to switch";
    }

    // Number first, then the exact name, then the first name that begins so; no word about ambiguity.
    private ScarRepository? Find(string text)
    {
        var folders = scar.Folders();
        var digits = LeadingDigits().Match(text).Value;
        return int.TryParse(digits, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= folders.Count
            ? folders[number - 1]
            : folders.FirstOrDefault(folder => folder.Name == text) ?? folders.FirstOrDefault(folder => folder.Name.StartsWith(text, StringComparison.Ordinal));
    }

    private string Switch(ScarConversation conversation, string[] rest)
    {
        if (rest.Length == 0)
        {
            return "Usage: /repo <number|name> [pull]";
        }

        if (Find(rest[0]) is not { } folder)
        {
            return $"Repository not found: {rest[0]}\n\nUse /repos to see available repositories.";
        }

        var path = $"{scar.Workspace}/{folder.Name}";
        if (rest.Length > 1 && rest[1] == "pull")
        {
            return $"Failed to pull: Command failed: git -C {path} pull\nThere is no tracking information for the current branch.\n";
        }

        // The worktree stays: the trap.
        (conversation.Codebase, conversation.Directory, conversation.Session) = (folder, path, null);
        return $"Switched to: {folder.Name}\n{(folder.Commands.Count > 0 ? $"✓ Loaded {folder.Commands.Count} commands\n" : "")}\nReady to work!";
    }

    private string Remove(string[] rest)
    {
        scar.NoteUnexpected($"/repo-remove {string.Join(' ', rest)}: it deletes a folder");
        if (rest.Length == 0 || Find(rest[0]) is not { } folder)
        {
            return "Usage: /repo-remove <number|name>";
        }

        scar.RemoveFolder(folder.Name);
        return $"Removed: {folder.Name}";
    }

    private string Clone(ScarConversation conversation, string[] rest)
    {
        if (rest.Length == 0 || !Uri.TryCreate(rest[0], UriKind.Absolute, out var uri))
        {
            return rest.Length == 0 ? "Usage: /clone <repo-url>" : $"Failed to clone repository: Command failed: git clone {rest[0]}";
        }

        // The first ".git" goes, wherever it stands: second.github.io becomes secondhub.io.
        var last = uri.Segments[^1].Trim('/');
        var cut = last.IndexOf(".git", StringComparison.Ordinal);
        var name = cut < 0 ? last : last.Remove(cut, 4);
        var path = $"{scar.Workspace}/{name}";
        var existing = scar.Folders().FirstOrDefault(folder => folder.Name == name);
        if (existing is { Url: null })
        {
            return $"Directory already exists: {path}\n\nNo matching codebase found in database.";
        }

        var folder = existing ?? new ScarRepository(name, rest[0]);
        scar.AddRepository(folder);
        (conversation.Codebase, conversation.Directory, conversation.Session) = (folder, path, null);
        return existing is null
            ? $"Repository cloned successfully!\n\nCodebase: {name}\nPath: {path}"
            : $"Repository already cloned.\n\nLinked to existing codebase: {name}\nPath: {path}";
    }

    private static string Commands(ScarConversation conversation) => conversation.Codebase is not { } codebase
        ? "No codebase configured."
        : $"Registered Commands:\n\n{string.Concat(codebase.Commands.Keys.Select(name => $"{name} - .claude/commands/{name}.md\n"))}";

    private string Worktree(ScarConversation conversation, string[] rest)
    {
        if (conversation.Codebase is not { } codebase)
        {
            return NoCodebase;
        }

        var home = $"{scar.Workspace}/{codebase.Name}/worktrees";
        switch (rest)
        {
            case ["create", var branch, ..]:
                (conversation.Worktree, conversation.Session) = ($"{home}/{branch}", null);
                return $"Worktree created!\n\nBranch: {branch}\nPath: worktrees/{branch}";
            case ["remove", ..] when conversation.Worktree is { } worktree:
                if (!worktree.StartsWith(home, StringComparison.Ordinal))
                {
                    return $"Failed to remove worktree: Command failed: git -C {scar.Workspace}/{codebase.Name} worktree remove {worktree}";
                }

                (conversation.Worktree, conversation.Session) = (null, null);
                return "Worktree removed.";
            case ["remove", ..]:
                return "This conversation is not using a worktree.";
            default:
                return "Usage: /worktree <create|list|remove>";
        }
    }

    private static string Reset(ScarConversation conversation, string done)
    {
        if (conversation.Session is null)
        {
            return "No active session to reset.";
        }

        conversation.Session = null;
        return done;
    }

    [GeneratedRegex(@"\A\s*[0-9]+")]
    private static partial Regex LeadingDigits();
}
