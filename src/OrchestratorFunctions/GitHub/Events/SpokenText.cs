using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace OrchestratorFunctions.GitHub.Events;

/// <summary>
/// Reads what a person wrote on GitHub: takes out what a reader of the page cannot see, and finds the places that call us by name, which
/// are plain words outside code, quotations and addresses. Pure.
/// </summary>
internal static partial class SpokenText
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePreciseSourceLocation().Build();
    private static readonly string[] QuotingTags = ["code", "pre", "blockquote", "kbd", "samp"];

    /// <summary>The text without HTML comments and invisible characters: what hides from people must not reach a model.</summary>
    public static string Visible(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var kept = new StringBuilder(text.Length);
        var before = default(Rune);
        foreach (var rune in HtmlComment().Replace(text, "").EnumerateRunes())
        {
            if (IsVisible(rune, before))
            {
                kept.Append(rune);
            }

            before = rune;
        }

        return kept.ToString();
    }

    /// <summary>The visible text without our name; null when it does not call us.</summary>
    /// <param name="visible">What <see cref="Visible"/> returned.</param>
    /// <param name="mention">Our name with its <c>@</c>.</param>
    public static string? WithoutMention(string visible, string mention)
    {
        if (!visible.Contains(mention, StringComparison.OrdinalIgnoreCase))
        {
            return null; // parsing every comment of a busy repository would cost more than it finds
        }

        var places = Words(visible).SelectMany(range => Mentions(visible, range, mention)).OrderDescending().ToList();
        if (places.Count == 0)
        {
            return null;
        }

        var rest = new StringBuilder(visible);
        foreach (var place in places)
        {
            rest.Remove(place, mention.Length);
        }

        return rest.ToString().Trim(' ', '\t', '\r', '\n', ',', ':');
    }

    private static IEnumerable<Range> Words(string text)
    {
        var document = Markdown.Parse(text, Pipeline);
        foreach (var block in document.Descendants<LeafBlock>().Where(leaf => leaf.Inline is not null && !IsQuoted(leaf)))
        {
            var quoting = 0;
            foreach (var inline in block.Inline!.Descendants())
            {
                switch (inline)
                {
                    case HtmlInline tag when QuotingTags.Any(name => tag.Tag.StartsWith($"<{name}", StringComparison.OrdinalIgnoreCase)):
                        quoting++;
                        break;
                    case HtmlInline tag when QuotingTags.Any(name => tag.Tag.StartsWith($"</{name}", StringComparison.OrdinalIgnoreCase)):
                        quoting--;
                        break;
                    case LiteralInline literal when quoting <= 0 && literal.Span.End < text.Length:
                        yield return literal.Span.Start..(literal.Span.End + 1);
                        break;
                }
            }
        }
    }

    private static bool IsQuoted(Block block)
    {
        for (Block? at = block; at is not null; at = at.Parent)
        {
            if (at is QuoteBlock)
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<int> Mentions(string text, Range range, string mention)
    {
        var (start, end) = (range.Start.Value, range.End.Value);
        for (var at = Next(start); at >= 0; at = Next(at + mention.Length))
        {
            if (BeginsWord(text, at) && EndsWord(text, at + mention.Length))
            {
                yield return at;
            }
        }

        int Next(int from) => from >= end ? -1 : text.IndexOf(mention, from, end - from, StringComparison.OrdinalIgnoreCase);
    }

    // team@orchestrator.org, a/@orchestrator and @@orchestrator call nobody.
    private static bool BeginsWord(string text, int at) => at == 0 || !(char.IsLetterOrDigit(text[at - 1]) || text[at - 1] is '_' or '-' or '.' or '/' or '@' or '+' or '\\');

    // @orchestratorx, @orchestrator-2 and @orchestrator/team are others; a dot ends a sentence, or goes on as in an address.
    private static bool EndsWord(string text, int after) =>
        after == text.Length || !(char.IsLetterOrDigit(text[after]) || text[after] is '_' or '-' or '/' or '@' || (text[after] == '.' && after + 1 < text.Length && char.IsLetterOrDigit(text[after + 1])));

    private static bool IsVisible(Rune rune, Rune before) => rune.Value switch
    {
        '\n' or '\r' or '\t' => true,
        // Joins the parts of one emoji, and hides nothing there.
        0x200D or 0xFE0F => Rune.GetUnicodeCategory(before) is UnicodeCategory.OtherSymbol or UnicodeCategory.ModifierSymbol || before.Value == 0xFE0F,
        0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x3164 or 0xFFA0 or (>= 0xFE00 and <= 0xFE0E) or (>= 0xE0000 and <= 0xE0FFF) => false,
        _ => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator),
    };

    // One that is never closed hides the rest of the page when it begins a line.
    [GeneratedRegex(@"<!--.*?-->|^ {0,3}<!--.*\z", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 2000)]
    private static partial Regex HtmlComment();
}
