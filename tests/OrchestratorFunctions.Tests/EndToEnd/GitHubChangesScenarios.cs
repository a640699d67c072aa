using System.Text.Json.Nodes;
using TestKit.GitHub;
using TestKit.Scar;
using static OrchestratorFunctions.Tests.EndToEnd.GitHubJourney;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>What changes on GitHub in the middle of a run.</summary>
public sealed class GitHubChangesScenarios
{
    [Fact]
    public async Task A_run_goes_on_while_rights_logins_names_owners_and_installations_change()
    {
        await using var app = await OrchestratorApp.StartAsync(asGitHubApp: true, ("AI_PROVIDER", "offline"));
        var github = app.StandIns.GitHub;
        var (repository, person) = github.OnGitHub(app.Address, byApp: true);
        using var ada = person;
        await app.ToVisionGateAsync(repository, ada);

        // Between the question and the answer, who could write can only read; and somebody else is called otherwise.
        repository.Permissions["ada"] = "read";
        await ada.CommentAsync(Issue, "/approve");
        await app.UntilAsync("select count(*) from github_deliveries where reason = 'may not write in this repository'", 1L);
        Assert.Equal("PENDING", await app.ReadAsync<string>("select status from gates"));
        using var before = Bob(app, repository, "bob");
        await before.CommentAsync(Issue, "/status");
        await before.WaitForAsync(Issue, "vision review");
        repository.Permissions["bob"] = "unknown";
        using var bob = Bob(app, repository, "robert");
        await bob.CommentAsync(Issue, "/approve");
        await app.WaitForOpenGateAsync("PLAN");
        Assert.Equal("github:5002", await app.ReadAsync<string>("select decided_by from gates where kind = 'VISION'"));
        Assert.Contains(repository.CommentsOf(Issue), comment => comment.Text.Contains("approved by robert", StringComparison.Ordinal));

        // The repository has another owner and another name, and the app another installation there.
        github.Rename(repository, "hubot/demo-site");
        repository.InstallationId = 990_002;
        app.StandIns.Scar.AddRepository(ScarRepository.Prepared("hubot", "demo-site"));
        await bob.DeliverAsync("repository", bob.Payload("transferred"));
        await app.UntilAsync("select repository from projects", "hubot/demo-site");

        // The app is uninstalled while the agent works, and installed again when it is done.
        app.StandIns.Scar.HoldRuns();
        await bob.CommentAsync(Issue, "/approve");
        await app.UntilAsync("select count(*) from scar_executions where status = 'RUNNING' and command = 'EXECUTE'", 1L, TimeSpan.FromSeconds(30));
        await bob.DeliverAsync("installation", Installation(repository, "deleted"));
        repository.InstallationId = 0;
        app.StandIns.Scar.ReleaseRuns();
        await app.UntilAsync("select count(*) from gates where status = 'PENDING' and kind = 'REPORT'", 1L, TimeSpan.FromSeconds(30));
        await app.UntilAsync("select count(*) from parked_addresses", 1L);
        Assert.DoesNotContain(repository.CommentsOf(Issue), comment => comment.Text.Contains("Report, version 1", StringComparison.Ordinal));
        repository.InstallationId = 990_003;
        await bob.DeliverAsync("installation", Installation(repository, "created"));
        await bob.WaitForAsync(Issue, "Report, version 1", TimeSpan.FromSeconds(30));
        var check = await github.WaitForCheckAsync(repository, "action_required");

        // And another name while the report waits: its review still decides it.
        github.Rename(repository, "hubot/bakery");
        await bob.DeliverAsync("repository", bob.Payload("renamed"));
        await app.UntilAsync("select repository from projects", "hubot/bakery");
        await bob.ReviewAsync(await app.ReadAsync<int>("select pull_number from github_checks"), "approved", "", check.HeadSha);
        await bob.WaitForAsync(Issue, "is completed", TimeSpan.FromSeconds(30));
        await github.WaitForCheckAsync(repository, "success");
        AssertEverythingIsSaidOnce(repository);
        await app.UntilAsync("select count(*) from outbox where status <> 'SENT'", 0L);
        Assert.Equal(4, app.StandIns.Scar.Runs.Count);
    }

    private static GitHubPerson Bob(OrchestratorApp app, GitHubRepository repository, string login)
    {
        repository.Permissions[login] = "write";
        return new GitHubPerson(app.StandIns.GitHub, repository, app.Address, login, 5002) { ByApp = true };
    }

    private static JsonObject Installation(GitHubRepository repository, string action) => new()
    {
        ["action"] = action, ["installation"] = new JsonObject { ["id"] = repository.InstallationId }, ["sender"] = new JsonObject { ["login"] = "owner", ["id"] = 7, ["type"] = "User" },
        ["repositories"] = new JsonArray(new JsonObject { ["id"] = repository.Id, ["full_name"] = repository.FullName, ["name"] = repository.FullName.Split('/')[1] }),
    };
}
