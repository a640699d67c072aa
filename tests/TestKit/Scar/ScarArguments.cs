using System.Text;
using System.Text.RegularExpressions;

namespace TestKit.Scar;

/// <summary>How SCAR splits arguments and puts them into a command file, with all its surprises.</summary>
public static partial class ScarArguments
{
    /// <summary>Words; "…" and '…' hold one together, and nothing escapes a quote.</summary>
    public static IReadOnlyList<string> Split(string text) =>
        [.. Words().Matches(text).Select(match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Success ? match.Groups[2].Value : match.Groups[3].Value)];

    /// <summary>The prompt: $1, $2 … then $ARGUMENTS, each replacement read as a JavaScript replacement pattern; at last \$ becomes $.</summary>
    public static string Substitute(string file, IReadOnlyList<string> arguments)
    {
        var text = file;
        for (var index = 0; index < arguments.Count; index++)
        {
            text = Replace(text, $"${index + 1}", arguments[index]);
        }

        return Replace(text, "$ARGUMENTS", string.Join(' ', arguments)).Replace("\\$", "$", StringComparison.Ordinal);
    }

    private static string Replace(string text, string name, string value)
    {
        var result = new StringBuilder();
        var from = 0;
        for (int at; (at = text.IndexOf(name, from, StringComparison.Ordinal)) >= 0; from = at + name.Length)
        {
            result.Append(text, from, at - from).Append(Expand(value, text, at, name));
        }

        return result.Append(text, from, text.Length - from).ToString();
    }

    // $$, $&, $` and $' mean something in the second argument of String.replace; numbers do not, as there are no groups.
    private static string Expand(string value, string text, int at, string name)
    {
        var result = new StringBuilder();
        for (var index = 0; index < value.Length; index++)
        {
            var special = value[index] == '$' && index + 1 < value.Length ? value[index + 1] : '\0';
            var piece = special switch
            {
                '$' => "$",
                '&' => name,
                '`' => text[..at],
                '\'' => text[(at + name.Length)..],
                _ => null,
            };
            result.Append(piece ?? value[index].ToString());
            index += piece is null ? 0 : 1;
        }

        return result.ToString();
    }

    [GeneratedRegex("\"([^\"]*)\"|'([^']*)'|(\\S+)")]
    private static partial Regex Words();
}
