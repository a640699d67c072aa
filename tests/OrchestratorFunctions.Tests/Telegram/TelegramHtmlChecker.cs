using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace OrchestratorFunctions.Tests.Telegram;

/// <summary>Reads HTML as Telegram does, stricter: what it documents as not allowed fails here even where the server is lenient.</summary>
internal static partial class TelegramHtmlChecker
{
    /// <summary>The text that a person sees; fails on anything that Telegram could refuse or drop.</summary>
    public static string Read(string html)
    {
        var text = new StringBuilder();
        var open = new Stack<string>();
        var entities = 0;
        for (var at = 0; at < html.Length;)
        {
            if (html[at] == '<')
            {
                var tag = Tag().Match(html, at);
                Assert.True(tag.Success, $"unknown tag at {at}: {html.Substring(at, Math.Min(60, html.Length - at))}");
                at += tag.Length;
                var name = tag.Groups["name"].Value;
                if (tag.Groups["close"].Length > 0)
                {
                    Assert.True(open.TryPop(out var last) && last == name, $"</{name}> closes <{last}>");
                    continue;
                }

                AssertMayOpen(name, tag.Groups["attribute"].Value, open);
                entities += open.Contains("pre") && name == "code" ? 0 : 1;
                open.Push(name);
            }
            else if (html[at] == '&')
            {
                var escape = Escape().Match(html, at);
                Assert.True(escape.Success, "a bare & or an unknown escape");
                text.Append(escape.Value switch { "&amp;" => '&', "&lt;" => '<', "&gt;" => '>', _ => '"' });
                at += escape.Length;
            }
            else
            {
                Assert.NotEqual('>', html[at]);
                text.Append(html[at++]);
            }
        }

        Assert.Empty(open);
        Assert.True(entities <= 100, $"{entities} entities");
        Assert.True(Encoding.UTF8.GetByteCount(html) <= 32768, "more than 32 KiB of HTML");
        return text.ToString();
    }

    private static void AssertMayOpen(string name, string attribute, Stack<string> open)
    {
        Assert.Equal(name == "a", attribute.StartsWith(" href=", StringComparison.Ordinal));
        Assert.DoesNotContain(name, open);
        Assert.False(open.Contains("code"), "nothing may stand in code");
        Assert.True(!open.Contains("pre") || (name == "code" && attribute.Length > 0), "only code with a language may stand in pre");
        Assert.True(name != "code" || attribute.Length == 0 || open.Contains("pre"), "code with a language stands in pre only");
        Assert.True(name is not ("code" or "pre") || open.All(outer => outer == "blockquote" || (name == "code" && outer == "pre")), "code inside other formatting");
        Assert.True(name != "blockquote" || open.Count == 0, "a quotation inside other formatting");
    }

    [GeneratedRegex("""\G<(?:(?<close>/)(?<name>b|i|u|s|code|pre|a|blockquote)|(?<name>b|i|u|s|code|pre|a|blockquote)(?<attribute> href="(?:https?|tg|mailto):[^"<>\s]*"| class="language-[A-Za-z0-9+#._-]+")?)>""", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Tag();

    [GeneratedRegex(@"\G&(?:amp|lt|gt|quot);")]
    private static partial Regex Escape();
}
