using System.Diagnostics;
using System.Globalization;
using System.Text;
using CsCheck;
using OrchestratorFunctions.Telegram;
using Xunit;

namespace OrchestratorFunctions.Tests.Telegram;

public sealed class TelegramTextPropertyTests
{
    private static readonly string[] Pieces =
    [
        "*", "**", "***", "_", "__", "~~", "`", "``", "```", "```csharp\n", "\n```\n", "[", "](", "](https://example.org/a?b=1&c=\"2\")", "](javascript:alert(1))", ")", "!", "![x](", "<", ">", "<b>", "</b>",
        "<script>", "&", "&amp;", "&lt;", "&#0;", "&#1;", "&#x202e;", "\n", "\n\n", "\r\n", "\n> ", "\n>> ", "\n- ", "\n  - ", "\n1. ", "\n# ", "\n---\n", "\n| a | b |\n|---|---|\n| `c` | [d](https://e.f) |\n", "\t", "    ",
        "\0", "\u001b", "\u202e", "\ud83d", "\udc4d", "👍🏽", "👨‍👩‍👧‍👦", "e\u0301", "\u0301\u0302\u0303", "漢字", "שלום", "word", "a", " ", "\u200b", "\u3164", "https://example.org/x_y_z", "<https://example.org>", "<a@b.cd>",
        "- [ ] todo\n- [x] done\n", "\\", "\\*", "|", "=====\n", "[ref]: https://example.org\n", "[ref]",
    ];

    private static readonly Gen<string> Markdown = Gen.OneOf<string>(
        Gen.OneOf(Pieces).Array[0, 60].Select(string.Concat),
        Gen.Select(Gen.OneOf(Pieces).Array[1, 8], Gen.Int[1, 900], (pieces, times) => string.Concat(Enumerable.Repeat(string.Concat(pieces), times))),
        Gen.String[0, 200]);

    [Fact]
    public void Whatever_is_said_Telegram_accepts_every_part() =>
        Markdown.Sample(markdown => AssertAccepted(TelegramText.Render(markdown)), iter: 3000);

    [Fact]
    public void Text_without_markup_arrives_whole_and_in_order() =>
        Gen.OneOf("word", "Größe", "漢字", "👍🏽", " ", "\n\n", "\n", "e\u0301").Array[1, 9000].Select(string.Concat).Sample(
            text => Assert.Equal(WithoutSpace(text), WithoutSpace(string.Concat(TelegramText.Render(text + "x").Select(part => part.Plain)))[..^1]), iter: 200);

    [Fact]
    public void A_user_perceived_character_is_never_cut_in_two() =>
        Gen.Select(Gen.OneOf("👨‍👩‍👧‍👦", "👍🏽", "e\u0301\u0302", "🇩🇪"), Gen.Int[0, 30], (character, offset) => (character, offset)).Sample(sample =>
        {
            var text = new string('x', sample.offset) + string.Concat(Enumerable.Repeat(sample.character, 3000));
            var parts = TelegramText.Render(text);
            Assert.True(parts.Count > 1);
            Assert.Equal(sample.offset + 3000, parts.Sum(part => new StringInfo(part.Plain).LengthInTextElements));
        }, iter: 60);

    [Theory]
    [InlineData(">")]
    [InlineData("> ")]
    [InlineData("[")]
    [InlineData("![")]
    [InlineData("[](")]
    [InlineData("*")]
    [InlineData("*a ")]
    [InlineData("**a *b ")]
    [InlineData("a**b")]
    [InlineData("_a")]
    [InlineData("~~a ")]
    [InlineData("`")]
    [InlineData("`a``b```c ")]
    [InlineData("- ")]
    [InlineData("1. ")]
    [InlineData("<")]
    [InlineData("<a ")]
    [InlineData("&")]
    [InlineData("|")]
    [InlineData("| a ")]
    [InlineData("|a|\n|-|\n")]
    [InlineData("\\")]
    [InlineData("[a](b")]
    [InlineData("[a]: b\n")]
    [InlineData("\n> - ")]
    [InlineData("#")]
    [InlineData("https://a.b/")]
    [InlineData("\u0301")]
    [InlineData("👍")]
    [InlineData("x\n")]
    [InlineData("~~~\n")]
    [InlineData("[x](https://example.org/a-long-way-down) ")]
    public void A_hundred_kilobytes_of_anything_are_quick_and_do_not_overflow_the_stack(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, 100_000 / piece.Length));
        var watch = Stopwatch.StartNew();
        var parts = RunOnSmallStack(() => TelegramText.Render(text));
        watch.Stop();
        AssertAccepted(parts);
        // Tens of milliseconds on an idle machine. What grows with the square takes minutes on any.
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"took {watch.Elapsed}");
    }

    internal static void AssertAccepted(IReadOnlyList<TelegramPart> parts)
    {
        Assert.NotEmpty(parts);
        foreach (var part in parts)
        {
            var text = TelegramHtmlChecker.Read(part.Html);
            AssertSayable(text);
            AssertSayable(part.Plain);
            AssertHolds(part.Plain, text);
        }
    }

    private static void AssertSayable(string text)
    {
        Assert.InRange(text.Length, 1, 4095);
        Assert.Contains(text.EnumerateRunes(), rune => !Rune.IsWhiteSpace(rune) && !Rune.IsControl(rune));
        Assert.DoesNotContain(text, letter => char.IsControl(letter) && letter != '\n');
        Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
    }

    // The plain text may add the addresses of links; what is read otherwise is the same, in order.
    private static void AssertHolds(string plain, string text)
    {
        var found = 0;
        foreach (var letter in plain)
        {
            found += found < text.Length && text[found] == letter ? 1 : 0;
        }

        Assert.Equal(text.Length, found);
    }

    // Half a megabyte: what a thread has on the stingiest of our platforms.
    private static T RunOnSmallStack<T>(Func<T> work)
    {
        var result = default(T);
        var thread = new Thread(() => result = work(), maxStackSize: 512 * 1024);
        thread.Start();
        thread.Join();
        return result!;
    }

    private static string WithoutSpace(string text) => string.Concat(text.Where(letter => !char.IsWhiteSpace(letter)));
}
