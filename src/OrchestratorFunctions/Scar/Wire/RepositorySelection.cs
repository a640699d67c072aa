using System.Globalization;
using System.Text.RegularExpressions;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Scar.Wire;

/// <summary>Which folder of the agent is meant, and the command that should select it.</summary>
/// <param name="Command">What to send.</param>
/// <param name="Folder">The folder that must be selected afterwards.</param>
/// <param name="NeedsAddress">The folder's name alone does not prove that it is ours: the agent must show our repository's address.</param>
internal sealed record RepositoryChoice(string Command, string Folder, bool NeedsAddress);

/// <summary>
/// Selecting a repository without ever selecting another one. The agent takes leading digits for a position and anything else also for
/// the beginning of a name, and its positions shift; so one choice is made from its list, and the proof comes afterwards.
/// </summary>
internal static partial class RepositorySelection
{
    /// <summary>The choice, or why there is none.</summary>
    /// <param name="listing">The answer to <c>/repos</c>.</param>
    /// <param name="repository"><c>owner/name</c>.</param>
    public static (RepositoryChoice? Choice, string? Problem) Choose(string listing, string repository)
    {
        var lines = listing.Split('\n');
        if (lines[0] != "Repositories:")
        {
            return (null, "the coding agent did not list its repositories");
        }

        var folders = lines.Select(line => Entry().Match(line)).Where(match => match.Success)
            .Select(match => (Position: match.Groups["position"].Value, Name: match.Groups["name"].Value)).ToList();
        var name = repository[(repository.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var exact = folders.Where(folder => folder.Name == name).ToList();
        // Cloning cuts the first ".git" out of a name, and GitHub does not tell upper from lower case; both make a folder that is ours under another name.
        var similar = folders.Where(folder => folder.Name.Equals(name, StringComparison.OrdinalIgnoreCase) || folder.Name.Equals(ClonedName(name), StringComparison.OrdinalIgnoreCase)).ToList();
        return (exact.Count, similar.Count) switch
        {
            (1, _) => (ChoiceOf(exact[0].Position, exact[0].Name, folders.Count, needsAddress: false), null),
            (0, 1) => (ChoiceOf(similar[0].Position, similar[0].Name, folders.Count, needsAddress: true), null),
            (0, 0) => (null, $"the coding agent has no repository named {name}: clone {repository} there first"),
            _ => (null, $"the coding agent has several repositories that could be {name}"),
        };
    }

    /// <summary>Why the selection cannot be trusted, or null when it can.</summary>
    /// <param name="switched">The answer to the choice's command.</param>
    /// <param name="status">The answer to <c>/status</c>.</param>
    /// <param name="commands">The answer to <c>/commands</c>.</param>
    /// <param name="command">The command that must be known there.</param>
    public static string? Problem(RepositoryChoice choice, string repository, string switched, string status, string commands, string command)
    {
        if (!switched.StartsWith($"Switched to: {choice.Folder}\n", StringComparison.Ordinal))
        {
            return $"the coding agent did not switch to {choice.Folder}";
        }

        var lines = status.Split('\n');
        if (Value(lines, "Codebase: ") != choice.Folder)
        {
            return $"after switching, the coding agent does not show the codebase {choice.Folder}";
        }

        var address = Value(lines, "Repository: ");
        if (address is not null ? !IsAddressOf(address, repository) : choice.NeedsAddress)
        {
            return $"the coding agent's folder {choice.Folder} is not shown to be a clone of {repository}";
        }

        if (Value(lines, "Current Working Directory: ")?.EndsWith($"/{choice.Folder}", StringComparison.Ordinal) is not true)
        {
            return $"the coding agent does not work in the folder {choice.Folder}";
        }

        if (Value(lines, "Worktree:") is not null)
        {
            return "the coding agent works in a worktree of another job";
        }

        return commands.StartsWith("Registered Commands:\n", StringComparison.Ordinal) && commands.Split('\n').Any(line => line.StartsWith($"{command} - ", StringComparison.Ordinal))
            ? null
            : $"the coding agent has no command {command} in {choice.Folder}";
    }

    /// <summary>Whether <c>/status</c> says that the model was used in the conversation.</summary>
    public static bool HasSession(string status) => Value(status.Split('\n'), "Active Session: ") is not null;

    private static RepositoryChoice ChoiceOf(string position, string name, int count, bool needsAddress)
    {
        var digits = LeadingDigits().Match(name).Value;
        var isPosition = digits.Length > 0 && decimal.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= count;
        return new RepositoryChoice(isPosition ? $"/repo {position}" : name.Contains(' ', StringComparison.Ordinal) ? $"/repo \"{name}\"" : $"/repo {name}", name, needsAddress);
    }

    private static string ClonedName(string name)
    {
        var cut = name.IndexOf(".git", StringComparison.Ordinal);
        return cut < 0 ? name : name.Remove(cut, ".git".Length);
    }

    private static bool IsAddressOf(string address, string repository) => string.Equals(RepositoryName.Parse(address), repository, StringComparison.OrdinalIgnoreCase);

    private static string? Value(string[] lines, string label) => lines.FirstOrDefault(line => line.StartsWith(label, StringComparison.Ordinal))?[label.Length..];

    [GeneratedRegex(@"\A(?<position>[0-9]{1,9})\. (?<name>.+?)( ← active)?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Entry();

    [GeneratedRegex(@"\A[0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex LeadingDigits();
}
