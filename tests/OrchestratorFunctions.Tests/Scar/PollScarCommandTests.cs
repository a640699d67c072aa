using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Scar.Wire;
using TestKit.Scar;
using Xunit;

namespace OrchestratorFunctions.Tests.Scar;

public sealed class PollScarCommandTests : IAsyncLifetime
{
    private static readonly ScarStep Goes = new(ScarStage.Poll, Wait: true);
    private ScarScene scene = null!;

    public async Task InitializeAsync() => scene = await ScarScene.StartAsync();

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task Silence_is_never_taken_for_the_end()
    {
        scene.Scar.HoldRuns();
        var id = await scene.SentAsync();
        for (var minutes = 0; minutes < 29; minutes++)
        {
            Assert.Equal(Goes, await scene.PollAsync(id));
            scene.Time.Advance(TimeSpan.FromMinutes(1));
        }

        scene.Scar.ReleaseRuns();
        Assert.Equal(ScarOutcome.Succeeded, (await scene.OutcomeAsync(id)).Outcome);
    }

    [Fact]
    public async Task The_outcome_carries_branch_commit_and_pull_request_and_the_output_is_kept()
    {
        scene.Scar.OnCommand("execute-github", run =>
        {
            run.Tool("BASH", "git push");
            run.Say("Built.");
            run.Say($"Branch: feature/shop\nCommit: 0123456789abcdef0123456789abcdef01234567\nPull request: https://github.com/octocat/demo-app/pull/3\nRESULT {NonceOf(run)} SUCCESS");
            return Task.CompletedTask;
        });
        var id = await scene.SentAsync(scene.Request(ScarCommand.Execute));
        var outcome = await scene.OutcomeAsync(id);
        Assert.Equal(
            new ScarCommandOutcome(id, ScarOutcome.Succeeded, null, "feature/shop", "0123456789abcdef0123456789abcdef01234567", "https://github.com/octocat/demo-app/pull/3"), outcome);
        Assert.StartsWith("Built.\n\nBranch: feature/shop", await scene.Store.OutputAsync(id, default), StringComparison.Ordinal);
        Assert.DoesNotContain("RESULT", await scene.Store.OutputAsync(id, default), StringComparison.Ordinal);
        Assert.Equal(["🔧 BASH\ngit push", "Built."], (await FeedAsync(id)).Take(2));
        Assert.Equal(new ScarStep(ScarStage.Ended, Outcome: outcome), await scene.PollAsync(id));
    }

    [Theory]
    [InlineData(nameof(ScarFailure.InvalidApiKey), "Invalid API key · Fix external API key")]
    [InlineData(nameof(ScarFailure.NoCredit), "Credit balance is too low")]
    [InlineData(nameof(ScarFailure.ModelUnreachable), "API Error: Connection error.")]
    [InlineData(nameof(ScarFailure.ExitOnly), "⚠️ Error: Claude Code process exited with code 1. Try /reset if issue persists.")]
    [InlineData(nameof(ScarFailure.Killed), "⚠️ Error: Claude Code process terminated by signal SIGKILL. Try /reset if issue persists.")]
    [InlineData(nameof(ScarFailure.DatabaseHangs), "⚠️ Request timed out. The AI service may be slow. Try again or use /reset.")]
    public async Task A_run_that_ends_badly_fails_with_its_reason(string failure, string reason)
    {
        scene.Scar.OnCommand("prime", run =>
        {
            run.Say("I begin.");
            run.Fail((ScarFailure)typeof(ScarFailure).GetProperty(failure)!.GetValue(null)!);
            return Task.CompletedTask;
        });
        var outcome = await scene.OutcomeAsync(await scene.SentAsync());
        Assert.Equal((ScarOutcome.Failed, reason), (outcome.Outcome, outcome.Reason));
    }

    [Fact]
    public async Task A_run_without_a_result_is_unproven()
    {
        scene.Scar.OnCommand("prime", run =>
        {
            run.Say("All done, perfectly! RESULT deadbeefdeadbeef SUCCESS");
            return Task.CompletedTask;
        });
        Assert.Equal(ScarOutcome.Unproven, (await scene.OutcomeAsync(await scene.SentAsync())).Outcome);
    }

    [Fact]
    public async Task A_command_that_vanished_after_the_selection_is_a_failure()
    {
        var id = await scene.SelectedAsync();
        scene.Scar.AddRepository(new ScarRepository("demo-app", "https://github.com/octocat/demo-app"));
        await scene.Get<ScarDialogue>().AskAsync((await scene.Store.GetAsync(id, default)).ConversationId, ["/repo demo-app"], default);
        await scene.SendAsync(id);
        var outcome = await scene.OutcomeAsync(id);
        Assert.Equal((ScarOutcome.Failed, "Command 'prime' not found. Use /commands to see available."), (outcome.Outcome, outcome.Reason));
    }

    [Fact]
    public async Task A_restart_of_the_agent_is_unknown()
    {
        scene.Scar.HoldRuns();
        var id = await scene.SentAsync();
        await scene.PollAsync(id);
        scene.Scar.Restart();
        var outcome = (await scene.PollAsync(id)).Outcome!;
        Assert.Equal(ScarOutcome.Unknown, outcome.Outcome);
        Assert.StartsWith("the coding agent was restarted", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal(1, scene.Invocations);
    }

    [Fact]
    public async Task A_refused_connection_followed_by_a_lost_conversation_is_unknown()
    {
        scene.Scar.HoldRuns();
        var id = await scene.SentAsync();
        await scene.Scar.StopAsync();
        Assert.Equal(ScarFault.Refused, (await Assert.ThrowsAsync<ScarException>(() => scene.PollAsync(id))).Fault);
        scene.Scar.Restart();
        await scene.Scar.StartAsync();
        Assert.Equal(ScarOutcome.Unknown, (await scene.PollAsync(id)).Outcome!.Outcome);
    }

    [Fact]
    public async Task A_list_that_was_deleted_and_has_grown_again_is_not_ours()
    {
        scene.Scar.HoldRuns();
        var id = await scene.SentAsync();
        var execution = await scene.Store.GetAsync(id, default);
        using var http = new HttpClient();
        await http.DeleteAsync(new Uri($"{scene.Scar.Address}/test/messages/{execution.ConversationId}"));
        for (var index = 0; index < execution.NextIndex + 2; index++)
        {
            await scene.Client.SendAsync(execution.ConversationId, "/getcwd", default);
        }

        scene.Scar.ReleaseRuns();
        await scene.Scar.Changes.UntilAsync(() => scene.Scar.Sent(execution.ConversationId).Count > execution.NextIndex + 2, "the new list");
        Assert.Equal(ScarOutcome.Unknown, (await scene.PollAsync(id)).Outcome!.Outcome);
    }

    [Fact]
    public async Task A_fence_that_is_lost_without_a_trace_is_unknown()
    {
        scene.Scar.HoldRuns();
        var id = await scene.SentAsync();
        await scene.Scar.Changes.UntilAsync(() => scene.Scar.Runs.Count == 1, "the run");
        scene.Scar.DatabaseDown = true; // the fence is answered with the database's error
        scene.Scar.ReleaseRuns();
        Assert.Equal(ScarOutcome.Unknown, (await scene.OutcomeAsync(id)).Outcome);
    }

    [Fact]
    public async Task A_command_that_takes_too_long_fails_and_says_that_it_may_go_on()
    {
        scene.Scar.HoldRuns();
        var id = await scene.SentAsync();
        Assert.Equal(Goes, await scene.PollAsync(id));
        scene.Time.Advance(TimeSpan.FromSeconds(1801));
        var outcome = (await scene.PollAsync(id)).Outcome!;
        Assert.Equal(
            (ScarOutcome.Failed, "the coding agent did not finish within 1800 s; it cannot be stopped from here and may still be at work"), (outcome.Outcome, outcome.Reason));
    }

    [Fact]
    public async Task A_command_that_ended_just_before_the_limit_has_ended()
    {
        var id = await scene.SentAsync();
        await scene.Scar.Changes.UntilAsync(() => scene.Scar.Runs is [{ EndedAt: not null }], "the end");
        scene.Time.Advance(TimeSpan.FromSeconds(1801));
        Assert.Equal(ScarOutcome.Succeeded, (await scene.OutcomeAsync(id)).Outcome);
    }

    [Fact]
    public async Task Progress_is_one_message_edited_at_most_every_fifteen_seconds()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Scar.OnCommand("prime", async run =>
        {
            run.Say("First\nthings   first.");
            await go.Task;
            run.Say($"RESULT {NonceOf(run)} SUCCESS");
        });
        var id = await scene.SentAsync();
        var conversation = (await scene.Store.GetAsync(id, default)).ConversationId;
        await scene.Scar.Changes.UntilAsync(() => scene.Scar.Sent(conversation).Contains("First\nthings   first."), "the first words");
        Assert.True((await scene.PollAsync(id)).News);
        Assert.False((await scene.PollAsync(id)).News);
        var key = $"scar:{id}:progress";
        Assert.Equal([$"{key}: **Planning**: the coding agent is at work (0 min, 1 step).\n\n> First things first."], await scene.SaidAsync());
        scene.Time.Advance(TimeSpan.FromSeconds(61));
        await scene.PollAsync(id);
        Assert.Equal($"{key}:1 edits {key}: **Planning**: the coding agent is at work (1 min, 1 step).\n\n> First things first.", (await scene.SaidAsync())[1]);
        go.SetResult();
        await scene.OutcomeAsync(id);
        Assert.Equal($"{key}:2 edits {key}: **Planning**: the coding agent is done (1 min).", (await scene.SaidAsync())[2]);
        Assert.Equal(3, (await scene.SaidAsync()).Count);
    }

    [Fact]
    public async Task Polls_at_the_same_time_keep_each_message_once_and_end_once()
    {
        var id = await scene.SentAsync();
        await scene.Scar.Changes.UntilAsync(() => scene.Scar.Runs is [{ EndedAt: not null }], "the end");
        var conversation = (await scene.Store.GetAsync(id, default)).ConversationId;
        await scene.Scar.Changes.UntilAsync(() => scene.Scar.Sent(conversation)[^1].StartsWith("Unknown command", StringComparison.Ordinal), "the fence");
        var steps = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => scene.PollAsync(id)));
        Assert.Equal(ScarOutcome.Succeeded, Assert.Single(steps.Select(step => step.Outcome).Distinct())!.Outcome);
        await using var audit = scene.Database.DataSource.CreateCommand("select count(*) from audit_entries where action = 'scar_command_executed'");
        Assert.Equal(1L, await audit.ExecuteScalarAsync());
    }

    private static string NonceOf(ScarRun run) => run.Words[run.Words.ToList().IndexOf("RESULT") + 1];

    private async Task<List<string>> FeedAsync(Guid id)
    {
        await using var command = scene.Database.DataSource.CreateCommand("select text from scar_feed where execution_id = $1 order by index");
        command.Parameters.AddWithValue(id);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> texts = [];
        while (await reader.ReadAsync())
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }
}
