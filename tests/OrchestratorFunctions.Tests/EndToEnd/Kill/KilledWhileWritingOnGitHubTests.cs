using TestKit.GitHub;
using static OrchestratorFunctions.Tests.EndToEnd.GitHubJourney;

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>Scenario 14 at GitHub: killed before a call is carried out, before its answer has come, and before we have noted it, what we write there is there once.</summary>
[Collection("Kills two")]
public sealed class KilledWhileWritingOnGitHubTests
{
    private const string Calls = $"/repos/{Journey.Repository}";

    [Fact]
    public async Task Killed_from_the_claim_of_an_answer_to_the_note_that_it_is_sent_there_is_one_comment()
    {
        await using var stage = await KillStage.SetAsync(Scene.VisionGate);
        var (repository, person) = stage.StandIns.GitHub.OnGitHub(stage.Address);
        using var ada = person;
        await stage.StartAsync("after:outbox.try_lock:1");
        stage.Arm();
        var question = ada.CommentPayload(Issue, "@orchestrator /status");
        await stage.UntilTakenAsync(async () => (await ada.DeliverAsync("issue_comment", question, "question")).Status);
        await stage.CrashAsync();
        await stage.KillAtCallAsync($"POST {Calls}/issues/{Issue}/comments", carriedOut: false);
        Assert.Empty(repository.Comments);
        await stage.KillAtCallAsync($"POST {Calls}/issues/{Issue}/comments", carriedOut: true);
        Assert.Single(repository.Comments);
        foreach (var point in new[] { "before:outbox.record_part:1", "before:outbox.sent:1", "after:outbox.sent:1" })
        {
            await stage.RestartAsync(point);
            await stage.CrashAsync();
            Assert.Single(repository.Comments);
        }

        await stage.RestartAsync();
        await Invariants.NothingIsLeftAsync(stage);
        var comment = Assert.Single(repository.Comments);
        Assert.Equal(comment.Id, await stage.ReadAsync<long>("select message_ids[1] from outbox where address like 'github:%' and cardinality(message_ids) = 1"));
        Assert.Contains(await stage.ReadAsync<string>("select replace(operation::text, '-', '') from outbox where address like 'github:%'"), comment.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_while_progress_is_written_and_edited_it_stays_one_comment()
    {
        await using var stage = await KillStage.SetAsync(Scene.IssueVisionGate);
        var (github, scar) = (stage.StandIns.GitHub, stage.StandIns.Scar);
        var (repository, person) = github.OnGitHub(stage.Address);
        using var ada = person;
        // The agent does not listen yet, so that the decision is said before there is progress.
        scar.Trouble.Hold();
        scar.HoldRuns();
        await stage.StartAsync();
        await ada.CommentAsync(Issue, "/approve");
        await ada.WaitForAsync(Issue, "Vision, version 1: approved");
        await stage.UntilAsync("select count(*) from outbox where status <> 'SENT'", 0);
        github.Trouble.Hold($"POST {Calls}/issues/{Issue}/comments", carriedOut: true);
        scar.Trouble.Release();
        await stage.KillWhileHeldAsync();
        var progress = Assert.Single(repository.Comments, comment => comment.Text.Contains("the coding agent is at work", StringComparison.Ordinal));
        Assert.Equal(0, progress.Edits);

        github.Trouble.Hold($"PATCH {Calls}/issues/comments/{progress.Id}");
        await stage.RestartAsync();
        await stage.UntilAsync($"select count(*) from outbox where message_ids[1] = {progress.Id} and status = 'SENT'", 1);
        scar.ReleaseRuns();
        await stage.KillWhileHeldAsync();
        Assert.Equal(0, Shown(repository, progress).Edits);
        await stage.KillAtCallAsync($"PATCH {Calls}/issues/comments/{progress.Id}", carriedOut: true);
        Assert.Equal(1, Shown(repository, progress).Edits);
        await stage.RestartAsync();
        await ada.WaitForAsync(Issue, "Plan, version 1", TimeSpan.FromSeconds(60));

        await Invariants.NothingIsLeftAsync(stage);
        Assert.Contains("the coding agent is done", Shown(repository, progress).Text, StringComparison.Ordinal);
        AssertEverythingIsSaidOnce(repository);
        Assert.Equal(repository.Comments.Count, await stage.ReadAsync<long>("select sum(cardinality(message_ids)) from outbox"));
    }

    [Fact]
    public async Task Killed_while_a_check_run_is_made_and_updated_there_is_one_for_its_gate()
    {
        await using var stage = await KillStage.SetAsync(Scene.VisionGate, asGitHubApp: true);
        var github = stage.StandIns.GitHub;
        var (repository, person) = github.OnGitHub(stage.Address, byApp: true);
        using var ada = person;
        github.Trouble.Hold($"POST {Calls}/check-runs", carriedOut: true);
        await stage.StartAsync();
        await stage.PressAsync("Approve");
        await stage.WaitForGateAsync("Plan, version 1");
        await stage.PressAsync("Approve");
        await stage.WaitForGateAsync("Report, version 1");
        await stage.KillWhileHeldAsync();
        Assert.Single(repository.Checks);
        stage.Arm();
        await stage.RestartAsync("before:github_checks.shown:1");
        await stage.CrashAsync();
        Assert.Single(repository.Checks);
        await stage.RestartAsync();
        await stage.UntilAsync("select count(*) from github_checks where shown = 'PENDING'", 1);

        var check = Assert.Single(repository.Checks);
        github.Trouble.Hold($"PATCH {Calls}/check-runs/{check.Id}", carriedOut: true);
        await stage.UntilTakenAsync(async () => (await ada.PressAsync(check, "approve")).Status);
        await stage.KillWhileHeldAsync();
        await stage.RestartAsync();
        await stage.UntilAsync("select count(*) from github_checks where shown = 'APPROVED'", 1);
        await stage.WaitForAsync(chat => chat.Messages.Any(message => message.Text.Contains("is completed", StringComparison.Ordinal)), "the end");

        await Invariants.NothingIsLeftAsync(stage);
        await Invariants.DecisionsAreSingleAsync(stage, approvals: 3);
        var shown = Assert.Single(repository.Checks);
        Assert.Equal((check.Id, Sha, "success"), (shown.Id, shown.HeadSha, shown.Conclusion));
        Assert.Equal(shown.ExternalId, await stage.ReadAsync<string>("select id::text from gates where kind = 'REPORT'"));
    }

    private static ShownComment Shown(GitHubRepository repository, ShownComment comment) => repository.Comments.Single(shown => shown.Id == comment.Id);
}
