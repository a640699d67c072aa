using System.Text;
using System.Text.RegularExpressions;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.Outbox;

namespace OrchestratorFunctions.GitHub.Comments;

/// <summary>
/// Renders what we say for GitHub: its Markdown is ours, its buttons are commands, long texts are folded, what is longer than a comment
/// is split. Texts of models and agents call nobody by name and hide nothing. Pure.
/// </summary>
internal static partial class CommentText
{
    /// <summary>GitHub takes 65 536 characters a comment; a little is left for the marker.</summary>
    public const int Longest = 60_000;

    private const int LongestUnfolded = 12_000;

    /// <summary>The parts of a message, each with its marker; the commands stand under the last one.</summary>
    public static IReadOnlyList<string> Render(OutboxItem item, string mention)
    {
        var text = Harmless(item.Markdown);
        var last = Footer(item, mention);
        var parts = text.Length <= LongestUnfolded ? [text]
            : text.Length <= Longest ? [Folded(text)]
            : Parts(text);
        return [.. parts.Select((part, index) => $"{part}{(index == parts.Count - 1 ? last : "")}\n\n{Marker(item.Operation, index)}")];
    }

    /// <summary>The one part that an edit has room for.</summary>
    public static string RenderEdit(OutboxItem item, string mention)
    {
        var text = Harmless(item.Markdown);
        return $"{(text.Length <= Longest ? text : Split(text).First())}{Footer(item, mention)}\n\n{Marker(item.Operation, 0)}";
    }

    /// <summary>A text in as many parts as it needs.</summary>
    public static IReadOnlyList<string> Parts(string text) => text.Length <= Longest ? [text] : [.. Split(text)];

    /// <summary>Names one part of one message for good, where no reader sees it.</summary>
    public static string Marker(Guid operation, int part) => $"{EventReader.Marker}{operation:N}.{part} -->";

    /// <summary>Names nobody, so that nobody is notified, and hides no comment of its own; code stays as it is.</summary>
    public static string Harmless(string markdown)
    {
        var result = new StringBuilder(markdown.Length);
        var fence = "";
        foreach (var line in markdown.ReplaceLineEndings("\n").Split('\n'))
        {
            var mark = Fence().Match(line).Groups["mark"].Value;
            var isCode = fence.Length > 0;
            if (!isCode && mark.Length > 0)
            {
                (fence, isCode) = (mark, true);
            }
            else if (isCode && mark.Length >= fence.Length && mark[0] == fence[0])
            {
                fence = "";
            }

            // The marker must stay ours alone, in code too.
            var safe = line.Replace(EventReader.Marker, "&lt;!-- ", StringComparison.OrdinalIgnoreCase);
            result.Append(isCode ? safe : CodeOrWords().Replace(safe, part => part.Groups["code"].Success ? part.Value : part.Groups["comment"].Success ? "&lt;!--" : "@\u200B")).Append('\n');
        }

        return result.ToString().TrimEnd();
    }

    private static string Footer(OutboxItem item, string mention)
    {
        var commands = item.Buttons.Select(button => CommandOf(button.Label)).OfType<string>().ToList();
        return commands.Count > 0 ? $"\n\n---\nAnswer with a comment: {string.Join(" · ", commands)}"
            : item.AsksForReply ? $"\n\n---\nAnswer with a comment: `/reject what should be different`, or `{mention} …`"
            : "";
    }

    // The labels of buttons are part of the stable surface; the choice of a project has no place in an issue, which has one.
    private static string? CommandOf(string label) => label switch
    {
        "Approve" => "`/approve`",
        "Change" => "`/reject what should be different`",
        "Retry" => "`/retry`",
        "Skip" => "`/skip`",
        "Stop" => "`/stop`",
        "Generate vision" => "`/vision` writes it",
        _ => null,
    };

    private static string Folded(string text)
    {
        var cut = text.IndexOf("\n\n", StringComparison.Ordinal);
        return cut is < 0 or > 1_000 ? $"<details><summary>Read it here</summary>\n\n{text}\n\n</details>" : $"{text[..cut]}\n\n<details><summary>Read on</summary>\n\n{text[(cut + 2)..]}\n\n</details>";
    }

    // Between paragraphs, lines or words; code that is cut is closed and opened again.
    private static IEnumerable<string> Split(string text)
    {
        for (var (start, open) = (0, ""); start < text.Length;)
        {
            var room = Longest - 200 - open.Length;
            var end = text.Length - start <= room ? text.Length : Cut(text, start, room);
            var part = (open.Length > 0 ? $"{open}\n" : "") + text[start..end].Trim('\n');
            open = OpenFence(part);
            yield return open.Length > 0 ? $"{part}\n{open[..^open.TrimStart('`', '~').Length]}" : part;
            start = end;
        }
    }

    private static int Cut(string text, int start, int room)
    {
        foreach (var separator in new[] { "\n\n", "\n", " " })
        {
            var found = text.LastIndexOf(separator, start + room - 1, room / 2, StringComparison.Ordinal);
            if (found > start)
            {
                return found + separator.Length;
            }
        }

        return char.IsHighSurrogate(text[start + room - 1]) ? start + room - 1 : start + room;
    }

    private static string OpenFence(string text)
    {
        var (open, mark) = ("", "");
        foreach (var line in text.Split('\n'))
        {
            var found = Fence().Match(line).Groups["mark"].Value;
            if (open.Length == 0 && found.Length > 0)
            {
                (open, mark) = (line.Trim(), found);
            }
            else if (open.Length > 0 && found.Length >= mark.Length && found[0] == mark[0])
            {
                (open, mark) = ("", "");
            }
        }

        return open;
    }

    [GeneratedRegex(@"\A {0,3}(?<mark>`{3,}|~{3,})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Fence();

    // Code in a line; else an at sign before a name, or the beginning of a comment.
    [GeneratedRegex(@"(?<code>`[^`]+`)|(?<comment><!--)|@(?=[A-Za-z0-9])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 2000)]
    private static partial Regex CodeOrWords();
}
