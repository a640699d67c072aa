using OrchestratorFunctions.Telegram;
using Xunit;

namespace OrchestratorFunctions.Tests.Telegram;

public sealed class TelegramTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("**bold** and *italic* and ~~gone~~", "<b>bold</b> and <i>italic</i> and <s>gone</s>")]
    [InlineData("***both***", "<b><i>both</i></b>")]
    [InlineData("# Title\n\ntext", "<b>Title</b>\n\ntext")]
    [InlineData("# A `name` *here*", "<b>A </b><code>name</code><b> <i>here</i></b>")]
    [InlineData("`a < b`", "<code>a &lt; b</code>")]
    [InlineData("```csharp\nvar a = 1 & 2;\n```", "<pre><code class=\"language-csharp\">var a = 1 &amp; 2;</code></pre>")]
    [InlineData("```\nno language\n```", "<pre>no language</pre>")]
    [InlineData("    indented\n      more", "<pre>indented\n  more</pre>")]
    [InlineData("[site](https://example.org/?a=1&b=\"2\")", "<a href=\"https://example.org/?a=1&amp;b=%222%22\">site</a>")]
    [InlineData("![a picture](https://example.org/p.png)", "<a href=\"https://example.org/p.png\">a picture</a>")]
    [InlineData("![](https://example.org/p.png)", "<a href=\"https://example.org/p.png\">https://example.org/p.png</a>")]
    [InlineData("<https://example.org>", "<a href=\"https://example.org\">https://example.org</a>")]
    [InlineData("[bad](javascript:alert)", "bad (javascript:alert)")]
    [InlineData("[the plan](docs/plan.md)", "the plan (docs/plan.md)")]
    [InlineData("- one\n- two\n  - inner\n- three", "• one\n• two\n   • inner\n• three")]
    [InlineData("3. three\n4. four", "3. three\n4. four")]
    [InlineData("- [ ] open\n- [x] done", "• ☐ open\n• ☑ done")]
    [InlineData("> quoted\n> **more**\n\nafter", "<blockquote>quoted\n<b>more</b></blockquote>\n\nafter")]
    [InlineData("> outer\n>> inner", "<blockquote>outer\n\ninner</blockquote>")]
    [InlineData("| a | long |\n|---|---|\n| wide one | `c` |", "<pre>a        | long\nwide one | c</pre>")]
    [InlineData("<b>not ours</b> & <script>", "&lt;b&gt;not ours&lt;/b&gt; &amp; &lt;script&gt;")]
    [InlineData("an odd * and _ and [ and `", "an odd * and _ and [ and `")]
    [InlineData("[open [x](https://a.b/) ![no", "[open <a href=\"https://a.b/\">x</a> ![no")]
    [InlineData("one  \ntwo\nthree", "one\ntwo\nthree")]
    [InlineData("a\0b\u001bc\u202ed", "abcd")]
    [InlineData("a&#1;b&amp;c", "ab&amp;c")]
    [InlineData("C++ and snake_case_name 2*3*4", "C++ and snake_case_name 2<i>3</i>4")]
    public void Markdown_is_said_in_the_tags_that_Telegram_knows(string markdown, string html) =>
        Assert.Equal(html, Assert.Single(TelegramText.Render(markdown)).Html.Replace("&quot;", "%22", StringComparison.Ordinal));

    [Theory]
    [InlineData("")]
    [InlineData("  \n\n ")]
    [InlineData("\0\u001b")]
    [InlineData("\u200b\u3164")]
    public void Nothing_is_said_to_be_nothing(string markdown)
    {
        var part = Assert.Single(TelegramText.Render(markdown));
        Assert.Equal(new TelegramPart("<i>(no text)</i>", "(no text)"), part);
    }

    [Fact]
    public void The_plain_form_names_the_addresses_that_it_cannot_hide() =>
        Assert.Equal("see the site (https://example.org) now", TelegramText.Render("see [the site](https://example.org) now")[0].Plain);

    [Fact]
    public void A_long_text_is_cut_between_paragraphs()
    {
        var paragraph = string.Join(' ', Enumerable.Repeat("word", 150));
        var parts = TelegramText.Render(string.Join("\n\n", Enumerable.Repeat(paragraph, 20)));
        Assert.All(parts, part => Assert.StartsWith("word", part.Plain, StringComparison.Ordinal));
        Assert.Equal(4, parts.Count);
        Assert.All(parts, part => Assert.Equal(0, (part.Plain.Length + 2) % (paragraph.Length + 2)));
    }

    [Fact]
    public void Formatting_goes_on_after_a_cut()
    {
        var parts = TelegramText.Render($"**{string.Join(' ', Enumerable.Repeat("word", 1500))}**");
        Assert.Equal(2, parts.Count);
        Assert.All(parts, part => Assert.Matches(@"\A<b>word[word ]*word</b>\z", part.Html));
    }

    [Fact]
    public void A_code_block_goes_on_as_code_of_the_same_language_with_its_indentation()
    {
        var parts = TelegramText.Render($"```python\n{string.Concat(Enumerable.Repeat("    deep = 1\n", 600))}```");
        Assert.Equal(2, parts.Count);
        Assert.All(parts, part => Assert.StartsWith("<pre><code class=\"language-python\">    deep", part.Html, StringComparison.Ordinal));
        Assert.All(parts, part => Assert.EndsWith("deep = 1</code></pre>", part.Html, StringComparison.Ordinal));
    }

    [Fact]
    public void A_word_longer_than_a_message_is_cut_all_the_same() =>
        Assert.Equal([4000, 4000, 1000], TelegramText.Render(new string('x', 9000)).Select(part => part.Plain.Length));

    [Fact]
    public void A_part_has_no_more_formatted_stretches_than_Telegram_keeps()
    {
        var parts = TelegramText.Render(string.Join(' ', Enumerable.Repeat("**a** b", 250)));
        Assert.True(parts.Count > 1);
        TelegramTextPropertyTests.AssertAccepted(parts);
    }
}
