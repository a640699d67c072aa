using System.Text;
using Markdig;

namespace OrchestratorFunctions.Telegram;

/// <summary>One Telegram message: as HTML, and as plain text for when Telegram refuses the HTML. Each is below Telegram's limit of 4096 UTF-16 units.</summary>
internal sealed record TelegramPart(string Html, string Plain);

/// <summary>
/// CommonMark to messages that Telegram accepts. Whatever the input is, nothing of its text is lost: what has no form in Telegram is shown as
/// text, what is too long becomes several messages with the formatting carried over the cut.
/// </summary>
internal static class TelegramText
{
    /// <summary>What a message says that would have nothing to say: Telegram refuses empty ones.</summary>
    public const string Nothing = "(no text)";

    private const int MostLinks = 3000;

    // Html is off: models and people write <tags> as text, and Telegram refuses a message with one it does not know.
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .DisableHtml().UsePipeTables().UseTaskLists().UseEmphasisExtras(Markdig.Extensions.EmphasisExtras.EmphasisExtraOptions.Strikethrough).Build();

    /// <summary>The messages that show <paramref name="markdown"/>, at least one, in order.</summary>
    public static IReadOnlyList<TelegramPart> Render(string markdown)
    {
        var parts = TelegramCuts.Cut(Spans(TelegramSpans.Clean(markdown))).Select(ToPart).ToList();
        return parts.Count > 0 ? parts : [new TelegramPart($"<i>{Nothing}</i>", Nothing)];
    }

    // Text that Markdig would read slowly (each possible link is looked for up to the paragraph's end) or refuses is no document: it is shown as it is.
    private static IReadOnlyList<Span> Spans(string markdown)
    {
        try
        {
            return markdown.AsSpan().Count("](") > MostLinks ? AsItIs(markdown) : new TelegramSpans().Of(Markdown.Parse(markdown, Pipeline));
        }
        catch (ArgumentException)
        {
            // Markdig's answer to nesting deeper than it follows.
            return AsItIs(markdown);
        }
    }

    private static IReadOnlyList<Span> AsItIs(string markdown) => [new Span(markdown, new Style(Look.None))];

    private static TelegramPart ToPart(IReadOnlyList<Span> spans)
    {
        var html = new StringBuilder();
        var open = new List<Tag>();
        foreach (var span in spans)
        {
            var wanted = Tags(span.Style);
            var kept = open.Zip(wanted).TakeWhile(pair => pair.First == pair.Second).Count();
            CloseDownTo(kept, open, html);
            foreach (var tag in wanted.Skip(kept))
            {
                html.Append(tag.Open);
                open.Add(tag);
            }

            html.Append(Escape(span.Text));
        }

        CloseDownTo(0, open, html);
        var plain = TelegramSpans.Plain(spans);
        return new TelegramPart(html.ToString(), plain.Length <= TelegramCuts.MostUnits ? plain : string.Concat(spans.Select(span => span.Text)));
    }

    private static void CloseDownTo(int count, List<Tag> open, StringBuilder html)
    {
        while (open.Count > count)
        {
            html.Append(open[^1].Close);
            open.RemoveAt(open.Count - 1);
        }
    }

    // Outermost first. Code and pre stand alone: Telegram allows no other formatting inside them or around them, but a quotation.
    private static List<Tag> Tags(Style style)
    {
        if (style.Has(Look.Pre))
        {
            return [style.Language is null ? new Tag("<pre>", "</pre>") : new Tag($"<pre><code class=\"language-{style.Language}\">", "</code></pre>")];
        }

        var tags = new List<Tag>();
        Add(style.Has(Look.Quote), "<blockquote>", "</blockquote>");
        Add(style.Link is not null, $"<a href=\"{Escape(style.Link ?? "").Replace("\"", "&quot;", StringComparison.Ordinal)}\">", "</a>");
        var code = style.Has(Look.Code) && style.Link is null;
        Add(style.Has(Look.Bold) && !code, "<b>", "</b>");
        Add(style.Has(Look.Italic) && !code, "<i>", "</i>");
        Add(style.Has(Look.Strike) && !code, "<s>", "</s>");
        Add(code, "<code>", "</code>");
        return tags;

        void Add(bool wanted, string open, string close)
        {
            if (wanted)
            {
                tags.Add(new Tag(open, close));
            }
        }
    }

    /// <summary>Telegram knows exactly these escapes.</summary>
    internal static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private readonly record struct Tag(string Open, string Close);
}
