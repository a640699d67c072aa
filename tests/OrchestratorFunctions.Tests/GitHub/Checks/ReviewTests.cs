using System.Text;
using System.Text.Json.Nodes;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.GitHub.Webhook;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;
using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.GitHub.Checks;

public sealed class ReviewTests
{
    private const string Shown = "0123456789abcdef0123456789abcdef01234567";
    private const string Other = "fedcba9876543210fedcba9876543210fedcba98";

    [Theory]
    [InlineData("approved", "well done", "APPROVED", "well done")]
    [InlineData("APPROVED", "", "APPROVED", null)]
    [InlineData("changes_requested", "no\npayments <!-- hidden -->", "REJECTED", "no\npayments")]
    [InlineData("changes_requested", "", "REJECTED", "see the review of pull request 7")]
    public async Task A_review_of_what_is_shown_decides_its_gate(string state, string body, string status, string? reason)
    {
        await using var rooms = await GitHubRooms.StartAsync();
        var (ada, gate) = await GateAsync(rooms);
        Assert.Null(await DeliverAsync(rooms, ada.ReviewPayload("submitted", 7, state, body)));
        Assert.Equal((status, reason, "github:5001"), await DecisionAsync(rooms, gate));
        Assert.Equal(status == "APPROVED" ? ["approval_granted Success"] : ["approval_rejected Success"], await rooms.Rooms.AuditAsync(), StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_review_of_another_commit_decides_nothing_and_is_told_so()
    {
        await using var rooms = await GitHubRooms.StartAsync();
        var (ada, gate) = await GateAsync(rooms);
        var stale = ada.ReviewPayload("submitted", 7, "approved", "", Other);
        Assert.Equal("a review of another commit than the gate shows", await DeliverAsync(rooms, stale));
        Assert.Equal("a review of another commit than the gate shows", await DeliverAsync(rooms, stale));
        // Pushed to since the gate was opened: a review of the new commit is not one of what the gate shows either.
        rooms.GitHub.Repositories.Single().PullRequests[7] = Other;
        Assert.NotNull(await DeliverAsync(rooms, ada.ReviewPayload("submitted", 7, "approved", "", Other)));
        Assert.NotNull(await DeliverAsync(rooms, ada.ReviewPayload("submitted", 7, "approved", "", Shown)));
        Assert.Equal("PENDING", (await DecisionAsync(rooms, gate)).Status);
        Assert.Equal(3, (await rooms.Rooms.SaidAsync()).Count(text => text.Contains("decides nothing", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Who_may_not_decide_is_refused_and_kept_in_the_trail_and_what_is_dismissed_or_edited_changes_nothing()
    {
        await using var rooms = await GitHubRooms.StartAsync(settings: [("GITHUB_ALLOWED_BOTS", "reviewer[bot]")]);
        var (ada, gate) = await GateAsync(rooms);
        var repository = rooms.GitHub.Repositories.Single();
        using var mallory = new GitHubPerson(rooms.GitHub, repository, new Uri("http://127.0.0.1:1"), "mallory", 666);
        using var bot = new GitHubPerson(rooms.GitHub, repository, new Uri("http://127.0.0.1:1"), "reviewer[bot]", 667, "Bot");
        Assert.Equal("may not write in this repository", await DeliverAsync(rooms, mallory.ReviewPayload("submitted", 7, "approved", "")));
        Assert.Equal("a bot, which decides nothing", await DeliverAsync(rooms, bot.ReviewPayload("submitted", 7, "approved", "")));
        Assert.Equal("a review of nothing that waits", await DeliverAsync(rooms, ada.ReviewPayload("submitted", 8, "approved", "")));
        Assert.Equal("a review of nothing that waits", await DeliverAsync(rooms, ada.ReviewPayload("submitted", 77, "approved", "")));
        foreach (var (action, state) in new[] { ("dismissed", "dismissed"), ("edited", "approved"), ("submitted", "commented"), ("submitted", "pending") })
        {
            Assert.NotNull(await DeliverAsync(rooms, ada.ReviewPayload(action, 7, state, "")));
        }

        Assert.Equal("PENDING", (await DecisionAsync(rooms, gate)).Status);
        Assert.Equal(["approval_denied Denied", "approval_denied Denied"], await rooms.Rooms.AuditAsync(), StringComparer.OrdinalIgnoreCase);
        Assert.DoesNotContain(await rooms.Rooms.SaidAsync(), text => text.Contains("Only", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reviews_and_a_command_at_once_make_one_decision()
    {
        await using var rooms = await GitHubRooms.StartAsync();
        var (ada, gate) = await GateAsync(rooms);
        rooms.GitHub.Repositories.Single().Permissions["bob"] = "write";
        using var bob = new GitHubPerson(rooms.GitHub, rooms.GitHub.Repositories.Single(), new Uri("http://127.0.0.1:1"), "bob", 5002);
        await Race.RunAsync(
            () => DeliverAsync(rooms, ada.ReviewPayload("submitted", 7, "approved", "")), () => DeliverAsync(rooms, bob.ReviewPayload("submitted", 7, "changes_requested", "no")),
            () => DeliverAsync(rooms, "issue_comment", bob.CommentPayload(7, "@orchestrator /reject no")), () => DeliverAsync(rooms, bob.ReviewPayload("submitted", 7, "approved", "")));
        Assert.Equal(1, (await rooms.Rooms.AuditAsync()).Count(entry => entry.StartsWith("approval_", StringComparison.Ordinal) && !entry.StartsWith("approval_denied", StringComparison.Ordinal)));
        Assert.NotEqual("PENDING", (await DecisionAsync(rooms, gate)).Status);
    }

    private static async Task<(GitHubPerson Ada, Guid Gate)> GateAsync(GitHubRooms rooms)
    {
        rooms.Rooms.Time.SetUtcNow(TimeProvider.System.GetUtcNow());
        var repository = rooms.GitHub.AddRepository("octocat/demo-app");
        repository.PullRequests[7] = Shown;
        repository.Permissions["ada"] = "write";
        await rooms.Rooms.ExecuteAsync("insert into repositories (id, full_name, updated_at) values (@Id, @FullName, now())", new { repository.Id, repository.FullName });
        var project = await rooms.Rooms.ProjectAsync(ProjectStatus.InProgress);
        await rooms.Rooms.ExecuteAsync("update projects set repository = 'Octocat/Demo-App'");
        var document = await rooms.Rooms.DoAsync(connection => rooms.Rooms.Get<DocumentStore>().AddAsync(
            connection, new NewDocument(project.Id, DocumentKind.Report, "k", "# Report", "c") { PullRequest = "https://github.com/octocat/demo-app/pull/7", CommitId = Shown[..10] }, default));
        var gate = Guid.NewGuid();
        await rooms.Rooms.RunAsync<OpenGate, GateRequest, GateView>(new GateRequest(gate, project.Id, GateKind.Report, new DocumentRef(project.Id, DocumentKind.Report, 1, document.Sha256), "Report, version 1"));
        return (new GitHubPerson(rooms.GitHub, repository, new Uri("http://127.0.0.1:1")), gate);
    }

    private static async Task<(string Status, string? Reason, string? By)> DecisionAsync(GitHubRooms rooms, Guid gate) =>
        (await rooms.Rooms.GateAsync(gate)) is var found ? (found.Status.ToString().ToUpperInvariant(), found.Reason, found.DecidedBy) : default;

    private static Task<string?> DeliverAsync(GitHubRooms rooms, JsonObject payload) => DeliverAsync(rooms, "pull_request_review", payload);

    private static Task<string?> DeliverAsync(GitHubRooms rooms, string name, JsonObject payload) => rooms.Rooms.Get<EventHandling>().HandleAsync(
        new StoredDelivery(1, Guid.NewGuid().ToString(), name, "{}", 1, rooms.Rooms.Time.GetUtcNow(), default),
        rooms.Rooms.Get<EventReader>().Read(name, Payload.Read(Encoding.UTF8.GetBytes(payload.ToJsonString()))), default);
}
