using System.Globalization;
using System.Text;
using Markdig.Extensions.Tables;
using Markdig.Extensions.TaskLists;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace OrchestratorFunctions.Telegram;

/// <summary>How a stretch of text looks.</summary>
[Flags]
internal enum Look
{
    None = 0,
    Bold = 1,
    Italic = 2,
    Strike = 4,
    Code = 8,
    Pre = 16,
    Quote = 32,
}

/// <summary>A look, where it leads to, and for code blocks the language.</summary>
internal readonly record struct Style(Look Look, string? Link = null, string? Language = null)
{
    public bool Has(Look look) => (Look & look) != Look.None;

    public Style With(Look look) => this with { Look = Look | look };
}

/// <summary>A stretch of text with one style.</summary>
internal readonly record struct Span(string Text, Style Style);

/// <summary>
/// Flattens a Markdown document to styled text. Without a tree, formatting is well-nested by construction and the text can be cut anywhere.
/// Recursion is as deep as the tree, which Markdig bounds.
/// </summary>
internal sealed class TelegramSpans
{
    private const int LongestLink = 2000;
    private readonly List<Span> spans = [];
    private string indent = "";

    /// <summary>The document as styled text.</summary>
    public IReadOnlyList<Span> Of(MarkdownDocument document)
    {
        Blocks(document, new Style(Look.None), "\n\n");
        return spans;
    }

    /// <summary>The text alone, each link followed by where it leads unless it says so itself.</summary>
    public static string Plain(IReadOnlyList<Span> spans)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < spans.Count; i++)
        {
            plain.Append(spans[i].Text);
            var link = spans[i].Style.Link;
            if (link is not null && !link.EndsWith(spans[i].Text, StringComparison.Ordinal) && (i + 1 == spans.Count || spans[i + 1].Style.Link != link))
            {
                plain.Append(" (").Append(link).Append(')');
            }
        }

        return plain.ToString();
    }

    /// <summary>The plain text of a cell or another place without formatting.</summary>
    public static string Plain(ContainerInline? inlines)
    {
        var flat = new TelegramSpans();
        flat.Inlines(inlines, new Style(Look.None));
        return Plain(flat.spans);
    }

    /// <summary>Without what no reader sees: control characters, halves of surrogate pairs, and marks that turn the direction of the text (which can disguise it).</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.ReplaceLineEndings("\n").EnumerateRunes())
        {
            if (rune.Value is '\n' or '\t' || (!Rune.IsControl(rune) && rune.Value is not ((>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0xFEFF)))
            {
                clean.Append(rune.ToString());
            }
        }

        return clean.ToString();
    }

    private void Blocks(ContainerBlock blocks, Style style, string separator)
    {
        var first = true;
        foreach (var block in blocks.Where(block => block is not LinkReferenceDefinitionGroup))
        {
            if (!first)
            {
                Add(separator, style);
            }

            first = false;
            Add(block, style);
        }
    }

    private void Add(Block block, Style style)
    {
        switch (block)
        {
            case HeadingBlock heading:
                Inlines(heading.Inline, style.With(Look.Bold));
                break;
            case QuoteBlock quote:
                Blocks(quote, style.With(Look.Quote), "\n\n");
                break;
            case ListBlock list:
                AddList(list, style);
                break;
            case Table table:
                AddPre(TelegramTable.Draw(table), info: null);
                break;
            case CodeBlock code:
                AddPre(code.Lines.ToString(), (code as FencedCodeBlock)?.Info);
                break;
            case ThematicBreakBlock:
                Add("———", style);
                break;
            case LeafBlock leaf:
                Inlines(leaf.Inline, style);
                break;
            case ContainerBlock container:
                Blocks(container, style, "\n\n");
                break;
        }
    }

    private void AddList(ListBlock list, Style style)
    {
        var outer = indent;
        var number = int.TryParse(list.OrderedStart, NumberStyles.None, CultureInfo.InvariantCulture, out var start) ? start : 1;
        var first = true;
        foreach (var item in list.OfType<ListItemBlock>())
        {
            indent = outer;
            if (!first)
            {
                Add(list.IsLoose ? "\n\n" : "\n", style);
            }

            first = false;
            Add(list.IsOrdered ? $"{number++}. " : "• ", style);
            indent = outer + "   ";
            Blocks(item, style, list.IsLoose ? "\n\n" : "\n");
        }

        indent = outer;
    }

    private void AddPre(string text, string? info)
    {
        var language = new string([.. (info ?? "").Trim().TakeWhile(letter => char.IsAsciiLetterOrDigit(letter) || letter is '+' or '#' or '-' or '_' or '.')]);
        var shown = Clean(text).Replace("\t", "    ", StringComparison.Ordinal).Trim('\n');
        spans.Add(new Span(shown.Length > 0 ? shown : " ", new Style(Look.Pre, Language: language.Length is > 0 and <= 32 ? language : null)));
    }

    private void Inlines(ContainerInline? inlines, Style style)
    {
        for (var inline = inlines?.FirstChild; inline is not null; inline = inline.NextSibling)
        {
            switch (inline)
            {
                case LiteralInline literal:
                    Add(literal.Content.ToString(), style);
                    break;
                case CodeInline code:
                    Add(code.Content, style.With(Look.Code));
                    break;
                case LineBreakInline:
                    Add("\n", style);
                    break;
                case HtmlEntityInline entity:
                    Add(entity.Transcoded.ToString(), style);
                    break;
                case TaskList task:
                    Add(task.Checked ? "☑" : "☐", style);
                    break;
                case AutolinkInline auto:
                    AddLinked(auto.Url, (auto.IsEmail ? "mailto:" : "") + auto.Url, style);
                    break;
                case EmphasisInline emphasis:
                    Inlines(emphasis, style.With(emphasis.DelimiterChar == '~' ? Look.Strike : emphasis.DelimiterCount == 2 ? Look.Bold : Look.Italic));
                    break;
                case LinkInline link:
                    AddLink(link, style);
                    break;
                case DelimiterInline unmatched:
                    Add(unmatched.ToLiteral(), style);
                    Inlines(unmatched, style);
                    break;
                case ContainerInline container:
                    Inlines(container, style);
                    break;
            }
        }
    }

    private void AddLink(LinkInline link, Style style)
    {
        var url = Clean(link.GetDynamicUrl?.Invoke() ?? link.Url ?? "").Trim();
        if (link.FirstChild is null)
        {
            AddLinked(url, url, style);
        }
        else if (style.Link is not null || url.Length == 0)
        {
            Inlines(link, style);
        }
        else if (CanLink(url))
        {
            Inlines(link, style with { Link = url });
        }
        else
        {
            // Telegram would drop the address without a word: it is shown.
            Inlines(link, style);
            Add($" ({url})", style);
        }
    }

    private void AddLinked(string text, string url, Style style) => Add(text, style.Link is null && CanLink(url) ? style with { Link = url } : style);

    private static bool CanLink(string url) =>
        url.Length <= LongestLink && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "tg" or "mailto" && !url.Any(char.IsWhiteSpace);

    private void Add(string text, Style style)
    {
        var shown = Clean(text).Replace("\t", "    ", StringComparison.Ordinal);
        if (shown.Length > 0)
        {
            spans.Add(new Span(indent.Length > 0 ? shown.Replace("\n", "\n" + indent, StringComparison.Ordinal) : shown, style));
        }
    }
}
