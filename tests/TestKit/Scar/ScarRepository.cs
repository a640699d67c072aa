namespace TestKit.Scar;

/// <summary>A folder of SCAR's workspace.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Url">Where it was cloned from; null for a folder that is no clone.</param>
public sealed record ScarRepository(string Name, string? Url = null)
{
    /// <summary>Command name → content of its file; null for a file that has been deleted since it was registered.</summary>
    public Dictionary<string, string?> Commands { get; init; } = new(StringComparer.Ordinal);

    /// <summary>A clone with the six commands that a prepared repository has.</summary>
    public static ScarRepository Prepared(string owner, string name) => new(name, $"https://github.com/{owner}/{name}")
    {
        Commands = new[] { "prime", "plan-feature-github", "execute-github", "validate", "commit", "rca" }
            .ToDictionary(command => command, command => (string?)$"Do what {command} asks for.\nFirst: $1\nAll: $ARGUMENTS\n", StringComparer.Ordinal),
    };
}

/// <summary>What SCAR's database keeps of a conversation.</summary>
internal sealed class ScarConversation
{
    public ScarRepository? Codebase { get; set; }

    public string? Directory { get; set; }

    public string? Worktree { get; set; }

    public string? Session { get; set; }

    /// <summary>The command that ran last in the session: plan followed by execute starts a new one.</summary>
    public string? LastCommand { get; set; }

    /// <summary>Where work happens: a worktree wins over the directory, whatever /getcwd says.</summary>
    public string WorkingDirectory(string workspace) => Worktree ?? Directory ?? workspace;
}
