using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Approvals;

/// <summary>The verbs of gate buttons, as stored with a button's token.</summary>
internal static class GateVerbs
{
    public const string Approve = "gate.approve";
    public const string Change = "gate.change";
    public const string Retry = "gate.retry";
    public const string Skip = "gate.skip";
    public const string Stop = "gate.stop";
}

/// <summary>What is said about gates. Pure.</summary>
internal static class GateMessages
{
    /// <summary>The document itself, then, as a message of its own, the question with its buttons.</summary>
    public static IEnumerable<OutboxMessage> Announce(Project project, GateRequest gate, Document? document)
    {
        if (document is not null)
        {
            yield return new OutboxMessage(project.Address, $"gate:{gate.GateId}:document", document.Markdown + Links(document));
        }

        yield return Question(project, gate, document, project.Address, $"gate:{gate.GateId}:announce");
    }

    public static OutboxMessage Question(Project project, GateRequest gate, Document? document, string address, string domainKey)
    {
        var text = gate.Kind == GateKind.ErrorResolution
            ? $"**{project.Name}: {gate.Title}**\n\n{gate.Question}\n\nWhat shall I do?"
            : $"**{project.Name}: {gate.Title}**\n\n{Unproven(document)}Is this right? `Approve` goes on with exactly this version; `Change` lets you say what should be different.";
        return new OutboxMessage(address, domainKey, text) { Buttons = Buttons(gate), GateId = gate.GateId };
    }

    /// <summary>The question of an open gate again, for <c>/pending</c> and <c>/continue</c>.</summary>
    public static OutboxMessage Again(Project project, Gate gate, string address, string domainKey) =>
        new(address, domainKey, $"**{project.Name}: {gate.Title}** waits for a decision.") { Buttons = ButtonsOf(gate.Kind, gate.Id, gate.MaySkip), GateId = gate.Id };

    /// <summary>What stands in place of the question once it is decided.</summary>
    public static string Decided(string projectName, Gate gate, string? who)
    {
        var when = gate.DecidedAt is { } at ? $" on {at:yyyy-MM-dd HH:mm} UTC" : "";
        var by = who is null ? "" : $" by {who}";
        var reason = gate is { Status: GateStatus.Rejected, Reason: { } text } ? $"\n\n> {text.ReplaceLineEndings("\n> ")}" : "";
        return $"**{projectName}: {gate.Title}** — {gate.Status.InWords()}{by}{when}.{reason}";
    }

    private static IReadOnlyList<OutboxButton> Buttons(GateRequest gate) => ButtonsOf(gate.Kind, gate.GateId, gate.MaySkip);

    private static IReadOnlyList<OutboxButton> ButtonsOf(GateKind kind, Guid id, bool maySkip) => kind switch
    {
        GateKind.ErrorResolution when maySkip => [new("Retry", GateVerbs.Retry, id), new("Skip", GateVerbs.Skip, id), new("Stop", GateVerbs.Stop, id)],
        GateKind.ErrorResolution => [new("Retry", GateVerbs.Retry, id), new("Stop", GateVerbs.Stop, id)],
        _ => [new("Approve", GateVerbs.Approve, id), new("Change", GateVerbs.Change, id)],
    };

    private static string Unproven(Document? document) =>
        document is { Confirmed: false } ? "The coding agent ended without saying that it succeeded, so please look twice. " : "";

    // What the agent's own text says already is not said twice.
    private static string Links(Document document)
    {
        var lines = new List<string>();
        if (document.PullRequest is { } pullRequest && !document.Markdown.Contains(pullRequest, StringComparison.Ordinal))
        {
            lines.Add($"Pull request: {pullRequest}");
        }

        if (document.Branch is { } branch && !document.Markdown.Contains(branch, StringComparison.Ordinal))
        {
            lines.Add($"Branch: `{branch}`" + (document.CommitId is { } commit ? $" at `{commit}`" : ""));
        }

        return lines.Count == 0 ? "" : "\n\n" + string.Join("\n\n", lines);
    }
}
