using System.Text;

namespace TestKit.Telegram;

/// <summary>A formatted stretch of a text; offset and length in UTF-16 units.</summary>
public sealed record TextEntity(string Type, int Offset, int Length, string? Url = null, string? Language = null);

/// <summary>Telegram's HTML parse mode, as strict as Telegram: what it would refuse is refused in its words.</summary>
internal sealed class HtmlText
{
    private static readonly Dictionary<string, string> Kinds = new(StringComparer.Ordinal)
    {
        ["b"] = "bold", ["strong"] = "bold", ["i"] = "italic", ["em"] = "italic", ["u"] = "underline", ["ins"] = "underline",
        ["s"] = "strikethrough", ["strike"] = "strikethrough", ["del"] = "strikethrough", ["a"] = "text_link", ["code"] = "code", ["pre"] = "pre",
        ["blockquote"] = "blockquote", ["tg-spoiler"] = "spoiler", ["tg-emoji"] = "custom_emoji", ["span"] = "spoiler",
    };

    private readonly string html;
    private readonly StringBuilder text = new();
    private readonly List<TextEntity> entities = [];
    private readonly Stack<(string Tag, int Start, string? Value)> open = new();
    private int at;

    private HtmlText(string html) => this.html = html;

    /// <summary>The plain text with its entities, or why Telegram would refuse it.</summary>
    public static (string Text, IReadOnlyList<TextEntity> Entities, string? Fault) Parse(string html)
    {
        var parser = new HtmlText(html);
        var fault = parser.Run();
        return (parser.text.ToString(), [.. parser.entities.OrderBy(entity => entity.Offset)], fault);
    }

    private string? Run()
    {
        while (at < html.Length)
        {
            var fault = html[at] switch
            {
                '<' => html.AsSpan(at).StartsWith("</") ? End() : Start(),
                '&' => Reference(),
                _ => Plain(),
            };
            if (fault is not null)
            {
                return fault;
            }
        }

        return open.Count > 0 ? $"Can't find end tag corresponding to start tag \"{open.Peek().Tag}\"" : null;
    }

    private string? Plain()
    {
        text.Append(html[at++]);
        return null;
    }

    // Telegram knows four names and the numeric forms; anything else stays as it is written.
    private string? Reference()
    {
        var end = html.IndexOf(';', at);
        var name = end > at && end - at < 12 ? html[(at + 1)..end] : "";
        var decoded = name switch
        {
            "lt" => "<",
            "gt" => ">",
            "amp" => "&",
            "quot" => "\"",
            ['#', 'x', .. var hex] when int.TryParse(hex, System.Globalization.NumberStyles.HexNumber, null, out var code) => Scalar(code),
            ['#', .. var digits] when int.TryParse(digits, out var code) => Scalar(code),
            _ => null,
        };
        text.Append(decoded ?? "&");
        at = decoded is null ? at + 1 : end + 1;
        return null;
    }

    private static string? Scalar(int code) => code > 0 && Rune.IsValid(code) ? new Rune(code).ToString() : null;

    private string? Start()
    {
        var begin = Bytes(at);
        var close = html.IndexOf('>', at);
        if (close < 0)
        {
            return $"Unclosed start tag at byte offset {begin}";
        }

        var inner = html[(at + 1)..close];
        var space = inner.IndexOf(' ', StringComparison.Ordinal);
        var tag = (space < 0 ? inner : inner[..space]).ToLowerInvariant();
        var attributes = space < 0 ? "" : inner[space..];
        if (!Kinds.ContainsKey(tag))
        {
            return $"Unsupported start tag \"{tag}\" at byte offset {begin}";
        }

        if (tag == "span" && !attributes.Contains("class=\"tg-spoiler\"", StringComparison.Ordinal))
        {
            return $"Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}";
        }

        open.Push((tag, text.Length, Value(attributes, tag == "code" ? "class" : "href")));
        at = close + 1;
        return null;
    }

    private string? End()
    {
        var begin = Bytes(at);
        var close = html.IndexOf('>', at);
        if (close < 0)
        {
            return $"Unclosed end tag at byte offset {begin}";
        }

        var tag = html[(at + 2)..close].Trim().ToLowerInvariant();
        if (open.Count == 0)
        {
            return $"Unexpected end tag at byte offset {begin}";
        }

        var (expected, start, value) = open.Pop();
        if (tag.Length > 0 && tag != expected)
        {
            return $"Unmatched end tag at byte offset {begin}, expected \"</{expected}>\", found \"</{tag}>\"";
        }

        // An empty one is dropped by Telegram, and so is a link without a usable address.
        if (text.Length > start && (expected != "a" || value is not null))
        {
            entities.Add(new TextEntity(Kinds[expected], start, text.Length - start, expected == "a" ? value : null, expected == "code" ? value?.Replace("language-", "", StringComparison.Ordinal) : null));
        }

        at = close + 1;
        return null;
    }

    private static string? Value(string attributes, string name)
    {
        var start = attributes.IndexOf(name + "=\"", StringComparison.Ordinal);
        var end = start < 0 ? -1 : attributes.IndexOf('"', start + name.Length + 2);
        return end < 0 ? null : attributes[(start + name.Length + 2)..end].Replace("&amp;", "&", StringComparison.Ordinal);
    }

    private int Bytes(int index) => Encoding.UTF8.GetByteCount(html.AsSpan(0, index));
}
