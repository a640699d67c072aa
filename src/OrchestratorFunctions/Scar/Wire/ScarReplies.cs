using System.Text.RegularExpressions;

namespace OrchestratorFunctions.Scar.Wire;

/// <summary>What an ended command came to.</summary>
internal sealed record ScarVerdict(ScarOutcome Outcome, string? Reason, string? Branch, string? CommitId, string? PullRequest)
{
    /// <summary>A verdict that rests on nothing that the agent said.</summary>
    public static ScarVerdict Without(ScarOutcome outcome, string reason) => new(outcome, reason, Branch: null, CommitId: null, PullRequest: null);

    public static ScarVerdict TimedOut(int seconds) =>
        Without(ScarOutcome.Failed, $"the coding agent did not finish within {seconds} s; it cannot be stopped from here and may still be at work");
}

/// <summary>
/// Reads the agent's messages. It has no status and no end marker; failures are ordinary messages in known words. The model behind it can
/// write any of these words itself, so success counts only with the nonce that this command was given.
/// </summary>
internal static partial class ScarReplies
{
    private const int LongestReason = 500;

    public static string FenceCommand(string fence) => $"/x-{fence}";

    /// <summary>The index of the answer to a fence, at <paramref name="from"/> or after, or null.</summary>
    public static int? FindFence(IReadOnlyList<ScarMessage> messages, int from, string fence)
    {
        var answer = $"Unknown command: {FenceCommand(fence)}";
        for (var index = from; index < messages.Count; index++)
        {
            var text = messages[index].Message;
            if (text.StartsWith(answer, StringComparison.Ordinal) && (text.Length == answer.Length || text[answer.Length] == '\n'))
            {
                return index;
            }
        }

        return null;
    }

    /// <summary>Says that work goes on; proves only that the agent lives.</summary>
    public static bool IsNotice(string text) => Starting().IsMatch(text) || text.StartsWith("⏱️ Still working... (", StringComparison.Ordinal);

    /// <summary>Names a tool that is used, and is not the agent's own word.</summary>
    public static bool IsToolLine(string text) => text.StartsWith("🔧 ", StringComparison.Ordinal);

    /// <summary>An answer to our own questions that may stand among a command's messages after a crash of ours.</summary>
    public static bool IsProbe(string text) =>
        text.StartsWith("Unknown command: /x-", StringComparison.Ordinal) || text.StartsWith("Platform: test\nAI Assistant: ", StringComparison.Ordinal);

    /// <summary>A run ended with an error.</summary>
    public static bool IsFailedEnd(string text) =>
        FailedEnds.Any(start => text.StartsWith(start, StringComparison.Ordinal)) ||
        (text.StartsWith("⚠️ Error: ", StringComparison.Ordinal) && text.TrimEnd().EndsWith(". Try /reset if issue persists.", StringComparison.Ordinal));

    /// <summary>Names why a run failed, just before its end.</summary>
    public static bool IsReason(string text) =>
        Reasons.Any(start => text.StartsWith(start, StringComparison.Ordinal)) ||
        (text.StartsWith("OAuth token", StringComparison.Ordinal) && text.Contains("revoked", StringComparison.Ordinal));

    /// <summary>The command was not begun.</summary>
    public static bool IsRefusal(string text) => CommandNotFound().IsMatch(text) || Refusals.Any(start => text.StartsWith(start, StringComparison.Ordinal));

    /// <summary>Whether the words alone say that the run has ended, where no fence can be asked for: by our nonce, by an error that ends it, or by its refusal.</summary>
    public static bool SayTheEnd(IReadOnlyCollection<string> messages, string nonce)
    {
        var said = messages.Where(text => !IsNotice(text) && !IsProbe(text) && !IsToolLine(text)).ToList();
        return said.Count > 0 && (Result(said, nonce) is not null || IsFailedEnd(said[^1]) || (said.Count == 1 && IsRefusal(said[0])));
    }

    /// <summary>Whether a message ends another run than the one with our nonce.</summary>
    public static bool EndsAnother(string message, string nonce) => message.Split('\n').Any(line => ResultLine().Match(line).Groups["nonce"].Value is { Length: > 0 } other && other != nonce);

    /// <summary>What the messages between a command and its fence mean.</summary>
    public static ScarVerdict Judge(IEnumerable<string> messages, string nonce)
    {
        var output = messages.Where(text => !IsNotice(text) && !IsProbe(text)).ToList();
        var said = output.Where(text => !IsToolLine(text)).ToList();
        var result = Result(said, nonce);
        var (outcome, reason) = output.Count == 0 ? (ScarOutcome.Failed, "the coding agent ended without saying anything")
            : Failure(output, hasResult: result is not null) is { } failure ? (ScarOutcome.Failed, failure)
            : result ?? (ScarOutcome.Unproven, "the coding agent ended without saying whether it succeeded");
        return new ScarVerdict(outcome, Short(reason), Last(said, Branch()), Last(said, Commit()), Last(said, PullRequest()));
    }

    /// <summary>The output that a person reads: what the agent wrote, without tools, notices, our own questions and result lines.</summary>
    public static string Readable(IEnumerable<string> messages, string nonce) =>
        string.Join("\n\n", messages.Where(text => !IsNotice(text) && !IsProbe(text) && !IsToolLine(text))
            .Select(text => string.Join('\n', text.Split('\n').Where(line => !ResultLine().Match(line).Groups["nonce"].Value.Equals(nonce, StringComparison.Ordinal))).Trim())
            .Where(text => text.Length > 0));

    private static string? Failure(List<string> output, bool hasResult)
    {
        var last = output[^1];
        if (IsFailedEnd(last))
        {
            return output.Count > 1 && IsReason(output[^2]) ? output[^2] : last;
        }

        // A report may begin with the same words as a reason or a refusal; one that carries our nonce is a report.
        return !hasResult && (IsReason(last) || (output.Count == 1 && IsRefusal(last))) ? last : null;
    }

    // The last line wins: an agent that corrects itself means what it said last.
    private static (ScarOutcome Outcome, string? Reason)? Result(List<string> said, string nonce)
    {
        var line = said.SelectMany(text => text.Split('\n')).Select(text => ResultLine().Match(text)).LastOrDefault(match => match.Groups["nonce"].Value == nonce);
        return line is null ? null
            : line.Groups["reason"].Success ? (ScarOutcome.Failed, line.Groups["reason"].Value.Trim(' ', ':', '-') is { Length: > 0 } reason ? reason : "the coding agent says that it failed")
            : (ScarOutcome.Succeeded, null);
    }

    private static string? Last(List<string> said, Regex pattern) =>
        said.SelectMany(text => text.Split('\n')).Select(line => pattern.Match(line)).LastOrDefault(match => match.Success)?.Groups["value"].Value;

    private static string? Short(string? reason) => reason is null || reason.Length <= LongestReason ? reason : string.Concat(reason.AsSpan(0, LongestReason), "…");

    private static readonly string[] FailedEnds =
    [
        "⚠️ AI rate limit reached.", "⚠️ AI service authentication error.", "⚠️ Request timed out.", "⚠️ Database connection issue.", "⚠️ Session error.", "⚠️ AI error: ",
        "⚠️ An unexpected error occurred. Try /reset to start a fresh session.", "❌ Task timed out after 20 minutes.", "❌ Task exceeded maximum tool call limit (", "❌ Turn failed: ",
    ];

    private static readonly string[] Reasons =
    [
        "API Error", "Invalid API key", "Credit balance is too low", "Prompt is too long", "Request timed out", "You've hit your", "Usage limit reached", "5-hour limit reached",
        "Weekly limit reached", "Repeated 529 Overloaded errors",
    ];

    private static readonly string[] Refusals =
    [
        "No codebase configured.", "Codebase not found.", "Usage: ", "Failed to ", "Failed: ", "Unknown command: ", "Repository not found: ", "Path must be within ",
    ];

    [GeneratedRegex(@"\A[^\n]{1,100} is on the case\.\.\.\z", RegexOptions.NonBacktracking)]
    private static partial Regex Starting();

    [GeneratedRegex(@"\ACommand '[^'\n]*' not found\.", RegexOptions.NonBacktracking)]
    private static partial Regex CommandNotFound();

    // Models like to set such a line in bold, as code or as a quotation.
    [GeneratedRegex(@"\A[\s>*_`]*RESULT (?<nonce>[0-9a-f]+) (?:SUCCESS|FAILED\b(?<reason>.*?))[\s*_`.]*\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ResultLine();

    [GeneratedRegex(@"\A[\s>*_`-]*Branch:[\s*_`]*(?<value>[A-Za-z0-9][A-Za-z0-9._/-]{0,254}?)[\s*_`.]*\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Branch();

    [GeneratedRegex(@"\A[\s>*_`-]*Commit:[\s*_`]*(?<value>[0-9a-f]{7,64})[\s*_`.]*\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Commit();

    [GeneratedRegex(@"\A[\s>*_`-]*Pull request:[\s*_`<]*(?<value>https?://[^\s*`<>]{1,400}?)[\s*_`>.]*\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PullRequest();
}
