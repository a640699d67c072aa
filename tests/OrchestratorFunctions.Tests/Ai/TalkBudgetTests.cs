using Microsoft.Extensions.AI;
using OrchestratorFunctions.Ai;
using Xunit;

namespace OrchestratorFunctions.Tests.Ai;

public sealed class TalkBudgetTests
{
    [Fact]
    public void Message_500_is_seen_and_the_oldest_are_not()
    {
        var kept = TalkBudget.Newest([.. Enumerable.Range(1, 500).Select(i => new TopicMessage(i % 2 == 0 ? "user" : "assistant", $"message {i}"))]);

        Assert.Equal("message 500", kept[^1].Text);
        Assert.Equal(ChatRole.User, kept[0].Role);
        Assert.Equal("message 462", kept[0].Text);
    }

    [Fact]
    public void Long_messages_are_shortened_and_the_newest_kept_within_the_budget()
    {
        var kept = TalkBudget.Newest([.. Enumerable.Range(1, 20).Select(i => new TopicMessage("user", $"{i}:{new string('x', 100_000)}"))]);

        Assert.StartsWith("20:", kept[^1].Text, StringComparison.Ordinal);
        Assert.EndsWith("are left out]", kept[^1].Text, StringComparison.Ordinal);
        Assert.InRange(kept.Sum(message => message.Text.Length), 1, TalkBudget.MostCharacters);
    }

    [Fact]
    public void Empty_messages_are_not_sent() =>
        Assert.Equal("hello", Assert.Single(TalkBudget.Newest([new TopicMessage("user", " "), new TopicMessage("user", "hello"), new TopicMessage("assistant", "")])).Text);

    [Fact]
    public void A_surrogate_pair_is_not_cut() =>
        Assert.StartsWith("a\n", TalkBudget.Shorten("a👍b", 2), StringComparison.Ordinal);
}
