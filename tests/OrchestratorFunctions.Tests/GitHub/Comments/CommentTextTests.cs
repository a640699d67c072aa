using OrchestratorFunctions.GitHub.Comments;
using OrchestratorFunctions.Outbox;

namespace OrchestratorFunctions.Tests.GitHub.Comments;

public sealed class CommentTextTests
{
    private static readonly Guid Operation = Guid.Parse("0198a0b1-0000-7000-8000-000000000001");

    [Fact]
    public void Each_part_carries_its_own_marker_that_no_reader_sees()
    {
        var part = Assert.Single(Render("Hello."));
        Assert.Equal($"Hello.\n\n<!-- orchestrator:{Operation:N}.0 -->", part);
    }

    [Theory]
    [InlineData("thanks @octocat and team@example.org", "thanks @\u200Boctocat and team@\u200Bexample.org")]
    [InlineData("use `@octocat` here", "use `@octocat` here")]
    [InlineData("```\n@octocat\n```\n@octocat", "```\n@octocat\n```\n@\u200Boctocat")]
    [InlineData("hidden <!-- x -->", "hidden &lt;!-- x -->")]
    [InlineData("forged <!-- orchestrator:1.0 -->", "forged &lt;!-- 1.0 -->")]
    [InlineData("```\n<!-- orchestrator:1.0 -->\n```", "```\n&lt;!-- 1.0 -->\n```")]
    public void Texts_of_others_call_nobody_and_hide_nothing(string text, string expected) => Assert.Equal(expected, CommentText.Harmless(text));

    [Fact]
    public void Buttons_become_commands_under_the_last_part()
    {
        var part = Assert.Single(Render("Is this right?", new SentButton("Approve", "t1"), new SentButton("Change", "t2")));
        Assert.Contains("Answer with a comment: `/approve` · `/reject what should be different`", part, StringComparison.Ordinal);
        Assert.DoesNotContain("t1", part, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_text_is_folded()
    {
        var part = Assert.Single(Render("# Report\n\n" + string.Concat(Enumerable.Repeat("A line.\n", 2_000))));
        Assert.StartsWith("# Report\n\n<details>", part, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_longer_than_a_comment_is_split_and_loses_nothing()
    {
        var words = Enumerable.Range(0, 30_000).Select(number => $"word{number}").ToList();
        var parts = Render(string.Join(' ', words));
        Assert.True(parts.Count >= 3);
        Assert.All(parts, part => Assert.InRange(part.Length, 1, 65_536));
        Assert.Equal(words, parts.SelectMany(part => part[..part.IndexOf("\n\n<!--", StringComparison.Ordinal)].Split(' ', '\n').Where(word => word.Length > 0)));
        Assert.Equal(parts.Count, parts.Select((part, index) => part.Contains(CommentText.Marker(Operation, index), StringComparison.Ordinal)).Count(found => found));
    }

    [Fact]
    public void Code_that_is_cut_is_closed_and_opened_again()
    {
        var parts = Render("```csharp\n" + string.Concat(Enumerable.Repeat("var x = 1;\n", 8_000)) + "```");
        Assert.True(parts.Count >= 2);
        Assert.All(parts, part => Assert.Equal(0, part.Split("```").Length % 2 == 1 ? 0 : 1));
        Assert.StartsWith("```csharp\n", parts[1], StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Render(string markdown, params SentButton[] buttons) =>
        CommentText.Render(new OutboxItem(1, "github:1#2", markdown, buttons, AsksForReply: false, [], EditsMessageId: null, 0) { Operation = Operation }, "@orchestrator");
}
