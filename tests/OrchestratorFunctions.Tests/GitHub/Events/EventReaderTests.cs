using Microsoft.Extensions.Options;
using OrchestratorFunctions.GitHub;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.GitHub.Webhook;

namespace OrchestratorFunctions.Tests.GitHub.Events;

public sealed class EventReaderTests
{
    private readonly EventReader reader = new(Options.Create(new GitHubOptions()));

    [Theory]
    [InlineData("/approve good", "/approve good")]
    [InlineData("  /Approve", "/approve")]
    [InlineData("@orchestrator: /approve", "/approve")]
    [InlineData("<!-- a --> /approve", "/approve")]
    [InlineData("@orchestrator `/approve`", "`/approve`")]
    public void What_is_said_is_heard(string said, string words) => Assert.Equal(words, Assert.IsType<GitHubEvent.Spoken>(reader.Read("issue_comment", Comment(said))).Words);

    [Theory]
    [InlineData("    /approve", "a command in code")]
    [InlineData("\t/approve", "a command in code")]
    [InlineData("@orchestrator\n\n    /approve", "a command in code")]
    [InlineData("`/approve`", "no mention")]
    [InlineData("> /approve", "no mention")]
    [InlineData("```\n/approve\n```", "no mention")]
    [InlineData("<!-- /approve -->", "no mention")]
    [InlineData("<!--\n/approve", "no mention")]
    [InlineData("I would /approve", "no mention")]
    public void A_command_that_is_shown_and_not_said_is_none(string said, string why) =>
        Assert.Equal(why, Assert.IsType<GitHubEvent.Ignored>(reader.Read("issue_comment", Comment(said))).Reason);

    [Fact]
    public void What_a_comment_is_changed_to_is_not_heard() => Assert.IsType<GitHubEvent.Unknown>(reader.Read("issue_comment", Comment("/approve") with { Action = "edited" }));

    // A parser's time grows faster than the text.
    [Fact]
    public void What_is_said_beyond_16384_characters_is_not_heard()
    {
        Assert.Equal(16_384 - "@orchestrator ".Length, Assert.IsType<GitHubEvent.Spoken>(reader.Read("issue_comment", Comment($"@orchestrator {new string('x', 60_000)}"))).Words.Length);
        Assert.Equal("no mention", Assert.IsType<GitHubEvent.Ignored>(reader.Read("issue_comment", Comment($"{new string('x', 60_000)} @orchestrator hello"))).Reason);
    }

    public static TheoryData<string> Nasty =>
    [
        string.Concat(Enumerable.Repeat("<!-- ", 13_000)), string.Concat(Enumerable.Repeat("\n<!--", 5_000)) + " -->", string.Concat(Enumerable.Repeat("`@orchestrator", 4_000)),
        string.Concat(Enumerable.Repeat("[@orchestrator](", 4_000)), new string('>', 60_000), new string('[', 60_000), string.Concat(Enumerable.Repeat("- ", 30_000)),
        string.Concat(Enumerable.Repeat("**_", 20_000)), string.Concat(Enumerable.Repeat("![", 30_000)), string.Concat(Enumerable.Repeat("<a ", 20_000)),
        string.Join('x', Enumerable.Range(1, 340).Select(length => new string('`', length))),
    ];

    [Theory]
    [MemberData(nameof(Nasty))]
    public void A_comment_as_long_as_GitHub_lets_it_be_is_read_in_time(string nasty)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        _ = reader.Read("issue_comment", Comment($"@orchestrator {nasty}"));
        _ = reader.Read("issue_comment", Comment($"{nasty} @orchestrator"));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed} for {nasty[..20]}…");
    }

    private static Payload Comment(string said) => new()
    {
        Action = "created", Repository = new Repository(1, "octocat/demo-app"), Issue = new Issue(2, 7, "t", null, "open", null, null, null, null, null),
        Sender = new User(3, "ada", "User"), Comment = new Comment(4, said, null, null, null),
    };
}
