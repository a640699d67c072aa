using System.Text;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Scar;

/// <summary>What a brief is made from.</summary>
/// <param name="Document">The document to work from, if any.</param>
/// <param name="Earlier">The earlier work, when it is done again.</param>
internal sealed record BriefDocuments(Document? Document, Document? Earlier);

/// <summary>Finds what the brief of a run is made from.</summary>
internal sealed class ScarBriefs(DocumentStore documents)
{
    public async Task<BriefDocuments> OfAsync(ScarExecution execution, CancellationToken cancellationToken) => new(
        execution.Brief is { } brief ? await documents.FindAsync(brief.ProjectId, brief.Kind, brief.Version, cancellationToken) : null,
        execution.Rework is null ? null : await documents.LatestAsync(execution.ProjectId, execution.Command == ScarCommand.Plan ? DocumentKind.Plan : DocumentKind.Report, cancellationToken));
}

/// <summary>What the coding agent reads before it begins: the task, the document to work from, why it is done again, and how to end.</summary>
internal static class ScarBrief
{
    /// <summary>The whole brief as the agent fetches it.</summary>
    public static string Render(ScarExecution execution, BriefDocuments documents) =>
        $"""
        {Work(execution, documents)}
        ## How to end

        End your last message with these lines, each on a line of its own, in plain text. Leave out what does not exist.

            Branch: the name of the branch
            Commit: the full id of the last commit
            Pull request: its address
            RESULT {execution.Nonce} SUCCESS

        If it did not work out, the last line is this instead, with the reason on the same line:

            RESULT {execution.Nonce} FAILED the reason

        """;

    /// <summary>The work to do, without how to end it.</summary>
    public static string Work(ScarExecution execution, BriefDocuments documents)
    {
        var (document, earlier) = documents;
        var text = new StringBuilder();
        text.Append($"# {Heading(document) ?? execution.OperationName}\n\nRepository: {execution.Repository}\n\n{Task(execution.Command)}\n");
        if (execution.Command == ScarCommand.Execute && document is { Branch: not null } or { CommitId: not null })
        {
            text.Append($"\nThe plan was approved as it stands {Place(document)}. If that branch has moved since, change nothing and end with FAILED and that reason.\n");
        }

        if (execution.Rework is { Length: > 0 } rework)
        {
            text.Append("\n## What has to change\n\nA person looked at the earlier work and wants it done again.\nChange asked for: ").Append(rework.Trim()).Append('\n');
        }

        Add(text, "The document to work from", document);
        Add(text, "The earlier work", earlier == document ? null : earlier);
        return text.ToString();
    }

    private static string Task(ScarCommand command) => command switch
    {
        ScarCommand.Prime => "Get to know this repository: what it is for, how it is built, its conventions and its tests. Change nothing. Report what you found in a few paragraphs.",
        ScarCommand.Plan => "Write a plan for what the document below asks for, in this repository. Put it on a branch of its own, commit and push it. Change no code yet. " +
            "Repeat the whole plan in your last message: a person decides from there whether it is carried out.",
        ScarCommand.Execute => "Carry out the plan below in this repository, on its branch, with tests. Commit, push, and open a pull request. Report what you did.",
        _ => "Check the work that the document below reports: run the tests, review the changes. Change nothing. Report what passes and what does not. SUCCESS means that all of it is in order.",
    };

    private static string Place(Document document) => (document.Branch, document.CommitId) switch
    {
        ({ } branch, { } commit) => $"on branch {branch} at commit {commit}",
        ({ } branch, null) => $"on branch {branch}",
        var (_, commit) => $"at commit {commit}",
    };

    private static void Add(StringBuilder text, string heading, Document? document)
    {
        if (document is not null)
        {
            text.Append($"\n## {heading}: {document.Title}\n\n").Append(document.Markdown.Trim()).Append('\n');
        }
    }

    private static string? Heading(Document? document) =>
        document?.Markdown.Split('\n').FirstOrDefault(line => line.StartsWith("# ", StringComparison.Ordinal))?[2..].Trim() is { Length: > 0 } heading ? heading : null;
}
