using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.GitHub.Checks;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.GitHub.Webhook;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;
using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.GitHub.Checks;

public sealed class CheckSweepTests
{
    private const string Sha = "0123456789abcdef0123456789abcdef01234567";

    [Fact]
    public async Task A_report_with_a_pull_request_is_shown_by_one_check_run_whose_button_decides_and_which_shows_the_decision()
    {
        await using var rooms = await GitHubRooms.StartAsync(asApp: true);
        rooms.Rooms.Time.SetUtcNow(TimeProvider.System.GetUtcNow());
        var (repository, gate) = await GateAsync(rooms, "https://github.com/octocat/demo-app/pull/7");
        var sweep = rooms.Rooms.Get<CheckSweep>();
        await sweep.SweepAsync(default);
        await sweep.SweepAsync(default);
        var check = Assert.Single(repository.Checks);
        Assert.Equal(("action_required", Sha, gate.ToString()), (check.Conclusion, check.HeadSha, check.ExternalId));
        Assert.Equal(["approve", "change"], check.Actions);

        repository.Permissions["ada"] = "write";
        Assert.Equal("may not write in this repository", await PressAsync(rooms, repository, check, new Speaker(666, "mallory", IsBot: false)));
        Assert.Equal(GateStatus.Pending, (await rooms.Rooms.GateAsync(gate)).Status);
        Assert.Null(await PressAsync(rooms, repository, check, new Speaker(5001, "ada", IsBot: false)));
        await sweep.SweepAsync(default);

        Assert.Equal((GateStatus.Approved, "github:5001"), ((await rooms.Rooms.GateAsync(gate)).Status, (await rooms.Rooms.GateAsync(gate)).DecidedBy));
        check = Assert.Single(repository.Checks);
        Assert.Equal("success", check.Conclusion);
        Assert.Contains("by ada", check.Summary, StringComparison.Ordinal);
        Assert.Empty(check.Actions);
    }

    [Fact]
    public async Task A_check_run_whose_answer_was_lost_is_found_and_not_made_twice()
    {
        await using var rooms = await GitHubRooms.StartAsync(asApp: true);
        rooms.Rooms.Time.SetUtcNow(TimeProvider.System.GetUtcNow());
        var (repository, _) = await GateAsync(rooms, "https://github.com/octocat/demo-app/pull/7");
        var sweep = rooms.Rooms.Get<CheckSweep>();
        await sweep.SweepAsync(default);
        await rooms.Rooms.ExecuteAsync("update github_checks set check_run_id = null, shown = null, head_sha = null");
        await sweep.SweepAsync(default);
        Assert.Single(repository.Checks);
    }

    [Fact]
    public async Task A_pull_request_of_another_repository_gets_none()
    {
        await using var rooms = await GitHubRooms.StartAsync(asApp: true);
        rooms.Rooms.Time.SetUtcNow(TimeProvider.System.GetUtcNow());
        var (repository, _) = await GateAsync(rooms, "https://github.com/octocat/demo-app-two/pull/7");
        await rooms.Rooms.Get<CheckSweep>().SweepAsync(default);
        Assert.Empty(repository.Checks);
        Assert.Equal(0L, await rooms.Rooms.ReadAsync<long>("select count(*) from github_checks"));
    }

    private static async Task<(GitHubRepository Repository, Guid Gate)> GateAsync(GitHubRooms rooms, string pullRequest)
    {
        var repository = rooms.GitHub.AddRepository("octocat/demo-app");
        repository.PullRequests[7] = Sha;
        await rooms.Rooms.ExecuteAsync("insert into repositories (id, full_name, updated_at) values (@Id, @FullName, now())", new { repository.Id, repository.FullName });
        var project = await rooms.Rooms.ProjectAsync(ProjectStatus.InProgress);
        await rooms.Rooms.ExecuteAsync("update projects set repository = 'octocat/demo-app'");
        var document = await rooms.Rooms.DoAsync(connection => rooms.Rooms.Get<DocumentStore>().AddAsync(connection, new NewDocument(project.Id, DocumentKind.Report, "k", "# Report", "c") { PullRequest = pullRequest }, default));
        var gate = Guid.NewGuid();
        await rooms.Rooms.RunAsync<OpenGate, GateRequest, GateView>(new GateRequest(gate, project.Id, GateKind.Report, new DocumentRef(project.Id, DocumentKind.Report, 1, document.Sha256), "Report, version 1"));
        return (repository, gate);
    }

    private static Task<string?> PressAsync(GitHubRooms rooms, GitHubRepository repository, ShownCheck check, Speaker by) => rooms.Rooms.Get<EventHandling>().HandleAsync(
        new StoredDelivery(1, Guid.NewGuid().ToString(), "check_run", "{}", 1, rooms.Rooms.Time.GetUtcNow(), default),
        new GitHubEvent.Pressed(new Place(repository.Id, repository.FullName, repository.InstallationId, 0), by, check.Id, "approve"), default);
}
