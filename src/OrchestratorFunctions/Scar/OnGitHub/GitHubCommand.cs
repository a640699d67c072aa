using OrchestratorFunctions.GitHub.Comments;

namespace OrchestratorFunctions.Scar.OnGitHub;

/// <summary>Renders a command as comments. Whoever reads the issue reads it: there is no address of ours in it. Pure.</summary>
internal static class GitHubCommand
{
    /// <summary>The parts; the last one calls the agent, which takes what follows the mention in its first line for the command.</summary>
    public static IReadOnlyList<string> Render(ScarExecution execution, BriefDocuments documents, string mention, int issue)
    {
        // The work is a model's or a person's text: it calls nobody, least of all the agent, which looks for its name in code as well.
        var work = CommentText.Harmless(ScarBrief.Work(execution, documents)).Replace(mention, $"@\u200B{mention[1..]}", StringComparison.OrdinalIgnoreCase);
        var parts = CommentText.Parts(work);
        var before = parts.Count == 1 ? "" : $" It begins in {(parts.Count == 2 ? "the comment" : $"the {parts.Count - 1} comments")} before this one.";
        return [.. parts.Take(parts.Count - 1), Calling(execution, mention, issue, before, parts[^1])];
    }

    // Nowhere is the line that we wait for: an agent that quotes us must not be taken to have ended.
    private static string Calling(ScarExecution execution, string mention, int issue, string before, string work) =>
        $"""
        {mention} /command-invoke {execution.Command.Name()} The work is in this comment of issue {issue}, below this line; gh issue view {issue} --comments shows it. End your last comment with the line RESULT {execution.Nonce} SUCCESS or RESULT {execution.Nonce} FAILED and the reason

        <details><summary>The work</summary>
        {before}

        {work}

        </details>

        **How to end.** Write the last lines of your last comment in this issue like this, each on a line of its own, in plain text. Leave out what does not exist.

        - `Branch:` and the name of the branch
        - `Commit:` and the full id of the last commit
        - `Pull request:` and its address
        - the word RESULT, then `{execution.Nonce}`, then SUCCESS; or, if it did not work out, FAILED and the reason
        """;
}
