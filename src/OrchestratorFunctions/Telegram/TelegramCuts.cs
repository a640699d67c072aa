using System.Globalization;
using System.Text;

namespace OrchestratorFunctions.Telegram;

/// <summary>
/// Cuts styled text into messages. Telegram counts UTF-16 units after it has read the formatting, takes at most 100 formatted stretches
/// (it drops the others without a word) and at most 32 KiB of HTML.
/// </summary>
internal static class TelegramCuts
{
    /// <summary>Telegram's limit is 4096; a little is left to whoever adds a line.</summary>
    public const int MostUnits = 4000;

    private const int MostEntities = 90;
    private const int MostBytes = 30_000;
    private const int BytesPerTag = 64;

    /// <summary>The messages: never empty ones, no user-perceived character cut in two unless it alone is longer than a message.</summary>
    public static IEnumerable<IReadOnlyList<Span>> Cut(IReadOnlyList<Span> spans)
    {
        var text = string.Concat(spans.Select(span => span.Text));
        var end = Lasts(spans);
        for (var (start, span) = (0, 0); start < text.Length;)
        {
            var reach = Reach(text, spans, end, start, span);
            var cut = reach == text.Length ? reach : BestCut(text, start, reach);
            var part = Slice(text, spans, end, start, cut, ref span);
            if (IsVisible(part))
            {
                yield return part;
            }

            start = cut;
        }
    }

    private static int[] Lasts(IReadOnlyList<Span> spans)
    {
        var ends = new int[spans.Count];
        for (var (i, at) = (0, 0); i < ends.Length; i++)
        {
            ends[i] = at += spans[i].Text.Length;
        }

        return ends;
    }

    // How far one message can go from start: a whole number of code points, at least one.
    private static int Reach(string text, IReadOnlyList<Span> spans, int[] ends, int start, int span)
    {
        var (at, entities, bytes, entered) = (start, 0, 0, -1);
        while (at < text.Length)
        {
            while (ends[span] <= at)
            {
                span++;
            }

            if (entered != span)
            {
                entered = span;
                var style = spans[span].Style;
                var tags = int.PopCount((int)style.Look) + (style.Link is null ? 0 : 1);
                entities += tags;
                bytes += (tags * BytesPerTag) + (5 * (style.Link?.Length ?? 0));
            }

            Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var units);
            bytes += rune.Value is '&' or '<' or '>' ? 5 : rune.Utf8SequenceLength;
            if (at > start && (at + units - start > MostUnits || entities > MostEntities || bytes > MostBytes))
            {
                return at;
            }

            at += units;
        }

        return at;
    }

    // Between paragraphs, lines, words or characters, the best of these that fills at least half of what can be filled.
    private static int BestCut(string text, int start, int reach)
    {
        var half = start + ((reach - start) / 2);
        foreach (var separator in new[] { "\n\n", "\n", " " })
        {
            var found = text.LastIndexOf(separator, reach - 1, reach - half, StringComparison.Ordinal);
            if (found > start)
            {
                return found + separator.Length;
            }
        }

        // A character that alone is longer than a message, with thousands of marks above it, is cut between its code points.
        var character = start;
        while (character < reach)
        {
            var next = character + StringInfo.GetNextTextElementLength(text.AsSpan(character, Math.Min(text.Length - character, (2 * MostUnits))));
            if (next > reach)
            {
                break;
            }

            character = next;
        }

        return character > start ? character : reach;
    }

    private static List<Span> Slice(string text, IReadOnlyList<Span> spans, int[] ends, int start, int cut, ref int span)
    {
        while (ends[span] <= start)
        {
            span++;
        }

        var part = new List<Span>();
        for (var at = start; at < cut;)
        {
            var next = Math.Min(ends[span], cut);
            if (next > at)
            {
                part.Add(new Span(text[at..next], spans[span].Style));
            }

            at = next;
            if (at < cut)
            {
                span++;
            }
        }

        return Trim(part);
    }

    // Telegram trims messages; done here, formatting does not reach into what it trims. Code keeps its indentation.
    private static List<Span> Trim(List<Span> part)
    {
        while (part.Count > 0 && TrimStart(part[0]) is var first && first != part[0])
        {
            part.RemoveAt(0);
            if (first.Text.Length > 0)
            {
                part.Insert(0, first);
                break;
            }
        }

        while (part.Count > 0 && part[^1].Text.TrimEnd() is var last && last.Length < part[^1].Text.Length)
        {
            part[^1] = new Span(last, part[^1].Style);
            if (last.Length > 0)
            {
                break;
            }

            part.RemoveAt(part.Count - 1);
        }

        return part;
    }

    private static Span TrimStart(Span span) => new(span.Style.Has(Look.Pre) ? span.Text.TrimStart('\n') : span.Text.TrimStart(), span.Style);

    private static bool IsVisible(List<Span> part) => part.Exists(span => span.Text.EnumerateRunes().Any(IsVisible));

    // Letters without ink, which Telegram counts as nothing: fillers of Hangul and Braille.
    private static bool IsVisible(Rune rune) =>
        !Rune.IsWhiteSpace(rune) && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format) &&
        rune.Value is not (0x115F or 0x1160 or 0x3164 or 0xFFA0 or 0x2800 or 0x034F);
}
