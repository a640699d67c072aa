using System.Globalization;
using System.Text;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace OrchestratorFunctions.GitHub.Events;

/// <summary>
/// Reads what a person wrote on GitHub: takes out what a reader of the page cannot see, and finds the places that call us by name, which
/// are plain words outside code, quotations and addresses. Pure.
/// </summary>
internal static class SpokenText
{
    private const string Opening = "<!--";
    private const string Closing = "-->";
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
        foreach (var rune in WithoutComments(text).EnumerateRunes())
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

    /// <summary>Whether what stands there is code or a quotation, and so not said.</summary>
    /// <param name="visible">What <see cref="Visible"/> returned.</param>
    /// <param name="place">An index into it.</param>
    public static bool IsQuoted(string visible, int place) => !Words(visible).Any(range => range.Start.Value <= place && place < range.End.Value);

    private static IEnumerable<Range> Words(string text) => TryParse(text) is { } document ? Words(text, document) : [];

    private static MarkdownDocument? TryParse(string text)
    {
        try
        {
            return Markdown.Parse(text, Pipeline);
        }
        catch (ArgumentException)
        {
            return null; // quotations in quotations, deeper than the parser goes: nobody is called from there
        }
    }

    private static IEnumerable<Range> Words(string text, MarkdownDocument document)
    {
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

    // By hand, since a comment of nothing but beginnings must not take a pattern's time: where one is not closed, none after it is.
    private static string WithoutComments(string text)
    {
        var kept = new StringBuilder();
        var from = 0;
        for (int at; (at = text.IndexOf(Opening, from, StringComparison.Ordinal)) >= 0;)
        {
            var end = text.IndexOf(Closing, at + Opening.Length, StringComparison.Ordinal);
            if (end < 0)
            {
                return kept.Append(text, from, EndOfPage(text, at) - from).ToString();
            }

            kept.Append(text, from, at - from);
            from = end + Closing.Length;
        }

        return from == 0 ? text : kept.Append(text, from, text.Length - from).ToString();
    }

    // One that is never closed hides the rest of the page when it begins a line.
    private static int EndOfPage(string text, int at)
    {
        for (; at >= 0; at = text.IndexOf(Opening, at + Opening.Length, StringComparison.Ordinal))
        {
            var line = at;
            while (line > 0 && at - line < 3 && text[line - 1] == ' ')
            {
                line--;
            }

            if (line == 0 || text[line - 1] is '\n' or '\r')
            {
                return line;
            }
        }

        return text.Length;
    }
}
