using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Scar.Wire;
using Xunit;

namespace OrchestratorFunctions.Tests.Scar.Wire;

public sealed class ScarRepliesTests
{
    private const string Nonce = "0123456789abcdef01234567";
    private const string ExitOne = "⚠️ Error: Claude Code process exited with code 1. Try /reset if issue persists.";

    [Theory]
    [InlineData("⚠️ AI rate limit reached. Please wait.")]
    [InlineData("⚠️ AI service authentication error. Please check.")]
    [InlineData("⚠️ Request timed out. The AI service may be slow. Try again or use /reset.")]
    [InlineData("⚠️ Database connection issue. Please try again in a moment.")]
    [InlineData("⚠️ Session error. Use /reset.")]
    [InlineData("⚠️ AI error: overloaded")]
    [InlineData("⚠️ An unexpected error occurred. Try /reset to start a fresh session.")]
    [InlineData("❌ Task timed out after 20 minutes. The session has been terminated to prevent hanging.")]
    [InlineData("❌ Task exceeded maximum tool call limit (200). The session has been terminated to prevent infinite loops.")]
    [InlineData("❌ Turn failed: no")]
    [InlineData(ExitOne)]
    [InlineData("⚠️ Error: Claude Code process exited with code 143. Try /reset if issue persists.")]
    [InlineData("⚠️ Error: Maximum tool call limit exceeded. Try /reset if issue persists.")]
    public void A_run_that_ends_with_an_error_text_has_failed_whatever_it_said_before(string last)
    {
        var verdict = Judge("Working.", $"RESULT {Nonce} SUCCESS", last);
        Assert.Equal(ScarOutcome.Failed, verdict.Outcome);
        Assert.Equal(last, verdict.Reason);
    }

    [Theory]
    [InlineData("API Error: 403 {} · Please run /login")]
    [InlineData("Invalid API key · Fix external API key")]
    [InlineData("Credit balance is too low")]
    [InlineData("Prompt is too long")]
    [InlineData("Request timed out")]
    [InlineData("OAuth token was revoked")]
    [InlineData("You've hit your limit")]
    [InlineData("Usage limit reached")]
    [InlineData("5-hour limit reached")]
    [InlineData("Weekly limit reached")]
    [InlineData("Repeated 529 Overloaded errors")]
    public void The_reason_is_the_text_just_before_the_end(string reason)
    {
        Assert.Equal((ScarOutcome.Failed, reason), Short(Judge("Working.", reason, ExitOne)));
        Assert.Equal((ScarOutcome.Failed, reason), Short(Judge("Working.", reason)));
    }

    [Theory]
    [InlineData("Command 'nosuch' not found. Use /commands to see available.")]
    [InlineData("No codebase configured. Use /clone for a new repo or /repos to list your current repos you can switch to.")]
    [InlineData("Usage: /command-invoke <name> [args...]")]
    [InlineData("Failed to read command file: ENOENT: no such file or directory, open 'x'")]
    [InlineData("Failed: no")]
    [InlineData("Codebase not found.")]
    [InlineData("Unknown command: /nosuch\n\nType /help for available commands or /templates for command templates.")]
    [InlineData("Repository not found: x\n\nUse /repos to see available repositories.")]
    [InlineData("Path must be within /workspace directory")]
    public void A_refusal_counts_only_as_first_and_only_message(string refusal)
    {
        Assert.Equal((ScarOutcome.Failed, refusal), Short(Judge(refusal)));
        Assert.Equal(ScarOutcome.Unproven, Judge("I tried it.", refusal).Outcome);
    }

    [Theory]
    [InlineData("⚠️ Error: I saw this in the log and mended it.")]
    [InlineData("An API Error: 500 is now handled.")]
    public void A_report_that_only_resembles_an_error_is_not_one(string report) =>
        Assert.Equal(ScarOutcome.Succeeded, Judge($"{report}\nRESULT {Nonce} SUCCESS").Outcome);

    [Theory]
    [InlineData("API Error handling is in place.")]
    [InlineData("Failed to find anything wrong.")]
    public void A_report_that_begins_like_a_failure_and_carries_our_result_is_a_report(string report) =>
        Assert.Equal(ScarOutcome.Succeeded, Judge($"{report}\n\nRESULT {Nonce} SUCCESS").Outcome);

    [Theory]
    [InlineData()]
    [InlineData("The agent is on the case...")]
    [InlineData("The agent is on the case...", "⏱️ Still working... (1m 0s, 1 tool calls)")]
    [InlineData("Unknown command: /x-00aa\n\nType /help")]
    [InlineData("Platform: test\nAI Assistant: claude\n\nCodebase: app")]
    public void No_output_at_all_is_a_failure(params string[] messages) => Assert.Equal(ScarOutcome.Failed, Judge(messages).Outcome);

    [Fact]
    public void Tools_alone_prove_nothing() => Assert.Equal(ScarOutcome.Unproven, Judge("🔧 BASH\nls", "🔧 READ\nReading: README.md").Outcome);

    [Theory]
    [InlineData("RESULT {0} SUCCESS", ScarOutcome.Succeeded, null)]
    [InlineData("**RESULT {0} SUCCESS**", ScarOutcome.Succeeded, null)]
    [InlineData("> `RESULT {0} SUCCESS`.", ScarOutcome.Succeeded, null)]
    [InlineData("RESULT {0} FAILED the tests do not pass", ScarOutcome.Failed, "the tests do not pass")]
    [InlineData("RESULT {0} FAILED: no access", ScarOutcome.Failed, "no access")]
    [InlineData("RESULT {0} FAILED", ScarOutcome.Failed, "the coding agent says that it failed")]
    [InlineData("RESULT {0} SUCCESS or RESULT {0} FAILED and the reason", ScarOutcome.Unproven, null)]
    [InlineData("I will end with RESULT {0} SUCCESS", ScarOutcome.Unproven, null)]
    [InlineData("RESULT {0}0 SUCCESS", ScarOutcome.Unproven, null)]
    [InlineData("RESULT deadbeefdeadbeef SUCCESS", ScarOutcome.Unproven, null)]
    [InlineData("RESULT SUCCESS", ScarOutcome.Unproven, null)]
    [InlineData("result {0} success", ScarOutcome.Unproven, null)]
    public void Only_a_line_of_its_own_with_our_nonce_is_a_result(string line, object outcome, string? reason)
    {
        var verdict = Judge($"Report.\n{line.Replace("{0}", Nonce, StringComparison.Ordinal)}\n");
        Assert.Equal(outcome, verdict.Outcome);
        if (verdict.Outcome != ScarOutcome.Unproven)
        {
            Assert.Equal(reason, verdict.Reason);
        }
    }

    [Fact]
    public void The_last_result_line_wins_and_one_with_another_nonce_does_not_count()
    {
        Assert.Equal(ScarOutcome.Succeeded, Judge($"RESULT {Nonce} FAILED too early", $"RESULT {Nonce} SUCCESS").Outcome);
        Assert.Equal(ScarOutcome.Failed, Judge($"RESULT {Nonce} SUCCESS", $"RESULT {Nonce} FAILED after all").Outcome);
        Assert.Equal(ScarOutcome.Succeeded, Judge($"RESULT {Nonce} SUCCESS\nRESULT deadbeefdeadbeef FAILED not ours").Outcome);
    }

    [Fact]
    public void A_result_in_a_tool_line_does_not_count() => Assert.Equal(ScarOutcome.Unproven, Judge($"🔧 BASH\nRESULT {Nonce} SUCCESS", "Hm.").Outcome);

    [Fact]
    public void Branch_commit_and_pull_request_are_read_from_their_lines()
    {
        var verdict = Judge("Branch: wrong", $"Branch: `feature/app-1`\n- **Commit:** 0123abc\nPull request: <https://github.com/o/r/pull/7>\nRESULT {Nonce} SUCCESS");
        Assert.Equal(("feature/app-1", "0123abc", "https://github.com/o/r/pull/7"), (verdict.Branch, verdict.CommitId, verdict.PullRequest));
    }

    [Theory]
    [InlineData("Branch: the name of the branch")]
    [InlineData("Commit: not yet")]
    [InlineData("Pull request: javascript:alert(1)")]
    [InlineData("Branch: -f")]
    public void A_line_that_holds_no_such_thing_is_not_taken(string line)
    {
        var verdict = Judge(line, $"RESULT {Nonce} SUCCESS");
        Assert.Equal((null, null, null), (verdict.Branch, verdict.CommitId, verdict.PullRequest));
    }

    [Fact]
    public void A_fence_is_found_from_an_index_on_and_only_whole()
    {
        ScarMessage[] messages = [Said("Unknown command: /x-aa\n\nType"), Said("text Unknown command: /x-ab"), Said("Unknown command: /x-abc\n\nType"), Said("Unknown command: /x-ab\n\nType")];
        Assert.Equal(3, ScarReplies.FindFence(messages, 0, "ab"));
        Assert.Null(ScarReplies.FindFence(messages, 1, "aa"));
    }

    [Fact]
    public void A_person_reads_what_the_agent_said_and_none_of_the_machinery()
    {
        string[] messages = ["The agent is on the case...", "Hello.", "🔧 BASH\nls", "⏱️ Still working... (1m 0s, 1 tool calls)", $"Done.\n\nRESULT {Nonce} SUCCESS", "Unknown command: /x-1"];
        Assert.Equal("Hello.\n\nDone.", ScarReplies.Readable(messages, Nonce));
    }

    [Fact]
    public void A_reason_of_any_length_is_cut() => Assert.InRange(Judge($"RESULT {Nonce} FAILED {new string('x', 5000)}").Reason!.Length, 400, 501);

    private static ScarVerdict Judge(params string[] messages) => ScarReplies.Judge(messages, Nonce);

    private static (ScarOutcome, string?) Short(ScarVerdict verdict) => (verdict.Outcome, verdict.Reason);

    private static ScarMessage Said(string text) => new(text, "2026-11-23T18:32:18.077Z");
}
