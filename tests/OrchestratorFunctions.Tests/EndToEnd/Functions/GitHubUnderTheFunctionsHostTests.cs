using static OrchestratorFunctions.Tests.EndToEnd.GitHubJourney;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>The main job from an issue on GitHub, on the second engine: through the Functions host, whose handlers die on the way.</summary>
[Collection("Kills two")]
public sealed class GitHubUnderTheFunctionsHostTests
{
    [Fact]
    public async Task An_issue_becomes_software_while_handlers_are_killed_and_the_host_restarts()
    {
        await using var app = await OrchestratorApp.StartUnderHostAsync(asGitHubApp: true, ("AI_PROVIDER", "offline"), ("LOG_LEVEL", "DEBUG"));
        var github = app.StandIns.GitHub;
        var (repository, person) = github.OnGitHub(app.Address, byApp: true);
        using var ada = person;
        await app.ToVisionGateAsync(repository, ada);
        await app.Stage.Http.KillAsync();

        // In the middle of a command: the agent works, the process that waits for it dies.
        app.StandIns.Scar.HoldRuns();
        Assert.Equal(202, (await ada.CommentAsync(Issue, "/approve")).Status);
        await app.UntilAsync("select count(*) from scar_executions where status = 'RUNNING'", 1L, TimeSpan.FromSeconds(30));
        await app.Stage.Durable.KillAsync();
        app.StandIns.Scar.ReleaseRuns();
        await app.WaitForOpenGateAsync("PLAN");

        // The whole host goes, and comes back with its hub somewhere else.
        await app.RestartAsync();
        Assert.Equal(202, (await ada.CommentAsync(Issue, "/approve the plan is fine")).Status);
        await app.WaitForOpenGateAsync("REPORT");
        var check = await github.WaitForCheckAsync(repository, "action_required");
        Assert.Equal((Sha, 2), (check.HeadSha, check.Actions.Count));
        Assert.Equal(202, (await ada.PressAsync(check, "approve")).Status);
        await ada.WaitForAsync(Issue, "is completed", TimeSpan.FromSeconds(30));

        Assert.Equal("COMPLETED", await app.ReadAsync<string>("select status from projects"));
        Assert.Equal(["prime", "plan-feature-github", "execute-github", "validate"], app.StandIns.Scar.Runs.Select(run => run.Command));
        Assert.Equal("VISION APPROVED, PLAN APPROVED, REPORT APPROVED", await app.ReadAsync<string>("select string_agg(kind || ' ' || status, ', ' order by created_at) from gates"));
        Assert.Equal("the plan is fine", await app.ReadAsync<string>("select reason from gates where kind = 'PLAN'"));
        Assert.Equal(3L, await app.ReadAsync<long>("select count(*) from audit_entries where action = 'approval_granted'"));
        check = await github.WaitForCheckAsync(repository, "success");
        Assert.Contains("by ada", check.Summary, StringComparison.Ordinal);
        await app.UntilAsync("select count(*) from gates where acknowledged_at is null", 0L);
        await app.UntilAsync("select (select count(*) from inbox where status <> 'DONE') + (select count(*) from outbox where status <> 'SENT') + (select count(*) from github_deliveries where status not in ('DONE', 'IGNORED'))", 0L);
        AssertEverythingIsSaidOnce(repository);
        Assert.Equal((long)repository.Comments.Count, await app.ReadAsync<long>("select sum(cardinality(message_ids)) from outbox"));
        Assert.Empty(app.Stage.Host.Queues.Poison);
        Assert.DoesNotContain(github.WebhookSecret, app.Stage.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("BEGIN RSA", app.Stage.Log, StringComparison.Ordinal);
    }
}
