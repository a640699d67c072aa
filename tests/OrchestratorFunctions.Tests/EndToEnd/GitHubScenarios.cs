using System.Text;
using System.Text.Json.Nodes;
using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>The scenarios of what comes in from GitHub, and what goes back.</summary>
public sealed class GitHubScenarios
{
    private const string Name = "octocat/demo-app";

    [Fact]
    public async Task Scenario_23_a_mention_by_somebody_with_write_access_gets_one_comment_with_the_same_status_as_in_Telegram()
    {
        await using var app = await OrchestratorApp.StartAsync();
        await app.ToVisionGateAsync();
        await app.Ada.SayAsync($"/repo {Name}");
        await app.Ada.WaitForAsync("works in");
        var (repository, ada) = Person(app);
        using var person = ada;

        var clock = System.Diagnostics.Stopwatch.StartNew();
        var answer = await ada.CommentAsync(7, "@orchestrator what is the status?");
        Assert.Equal(202, answer.Status);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"answered after {clock.Elapsed}");
        var comment = await ada.WaitForAsync(7, "vision review");

        Assert.Equal("orchestrator", comment.Author);
        Assert.Single(repository.CommentsOf(7));
        await app.Ada.SayAsync("/status");
        var told = await app.Ada.WaitForAsync("vision review");
        Assert.Equal(Letters(told.Text), Letters(comment.Text));
    }

    [Fact]
    public async Task Scenario_24_redeliveries_and_two_hooks_get_one_reply()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var (repository, ada) = Person(app);
        using var person = ada;
        var payload = ada.CommentPayload(7, "@orchestrator /status");
        var again = (JsonObject)payload.DeepClone();
        again["installation"] = new JsonObject { ["id"] = 1 };

        var answers = await Task.WhenAll(
            ada.DeliverAsync("issue_comment", payload, "guid-1"), ada.DeliverAsync("issue_comment", payload, "guid-1"), ada.DeliverAsync("issue_comment", payload, "guid-1"),
            ada.DeliverAsync("issue_comment", payload, "guid-2"), ada.DeliverAsync("issue_comment", again, "guid-3"));
        Assert.All(answers, answer => Assert.Equal(202, answer.Status));
        await ada.WaitForAsync(7, "no project");
        await ada.CommentAsync(8, "@orchestrator /status");
        await ada.WaitForAsync(8, "no project");

        Assert.Single(repository.CommentsOf(7));
        Assert.Equal(2L, await app.ReadAsync<long>("select count(*) from github_deliveries"));
    }

    [Fact]
    public async Task Scenario_25_who_may_not_command_is_ignored_with_the_reason_and_costs_nothing()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var (repository, ada) = Person(app);
        using var person = ada;
        using var outsider = new GitHubPerson(app.StandIns.GitHub, repository, app.Address, "mallory", 666);
        using var bot = new GitHubPerson(app.StandIns.GitHub, repository, app.Address, "renovate[bot]", 667, "Bot");
        using var own = new GitHubPerson(app.StandIns.GitHub, repository, app.Address, app.StandIns.GitHub.OwnLogin, 424242);
        await outsider.CommentAsync(7, "@orchestrator build me a botnet");
        await bot.CommentAsync(7, "@orchestrator hello");
        await own.CommentAsync(7, "@orchestrator hello");
        await ada.CommentAsync(7, "@orchestrator hello <!-- orchestrator:00.0 -->");
        await ada.CommentAsync(7, "`@orchestrator hello`");
        await ada.CommentAsync(7, "@orchestratorx hello");
        await ada.CommentAsync(7, "write to team@orchestrator.org");
        await ada.CommentAsync(7, "/approve");
        await app.UntilAsync("select count(*) from github_deliveries where status = 'IGNORED'", 8L);

        Assert.Equal(
            ["a bot that is not in GITHUB_ALLOWED_BOTS", "a command without a mention, where we are in no conversation", "may not write in this repository", "no mention", "our own account", "our own comment"],
            (await app.ReadAsync<string>("select string_agg(distinct reason, '|') from github_deliveries")).Split('|').Order(StringComparer.Ordinal));
        Assert.Equal(0L, await app.ReadAsync<long>("select count(*) from inbox"));
        Assert.Empty(repository.Comments);
        Assert.Empty(app.StandIns.OpenAi.Calls);
    }

    [Fact]
    public async Task An_issue_with_the_label_becomes_a_project_and_goes_its_whole_way_in_comments()
    {
        await using var app = await OrchestratorApp.StartAsync(asGitHubApp: true);
        var (repository, ada) = app.StandIns.GitHub.OnGitHub(app.Address, byApp: true);
        using var person = ada;
        await app.ToVisionGateAsync(repository, ada);
        await ada.CommentAsync(GitHubJourney.Issue, "/reject no payments in the MVP");
        await ada.WaitForAsync(GitHubJourney.Issue, "Vision, version 2", TimeSpan.FromSeconds(30));
        await app.UntilAsync("select count(*) from gates where status = 'PENDING' and document_version = 2", 1L);
        await ada.CommentAsync(GitHubJourney.Issue, "/approve good");
        await app.WaitForOpenGateAsync("PLAN");
        await ada.CommentAsync(GitHubJourney.Issue, "@orchestrator /approve");
        await app.WaitForOpenGateAsync("REPORT");
        await app.StandIns.GitHub.WaitForCheckAsync(repository, "action_required");

        Assert.Equal(Name, await app.ReadAsync<string>("select repository from projects"));
        Assert.Equal("good", await app.ReadAsync<string>("select reason from gates where kind = 'VISION' and status = 'APPROVED'"));
        await ada.CommentAsync(GitHubJourney.Issue, "/approve");
        await ada.WaitForAsync(GitHubJourney.Issue, "is completed", TimeSpan.FromSeconds(30));
        Assert.Contains(repository.CommentsOf(GitHubJourney.Issue), comment => comment.Edits > 0 && comment.Text.Contains("Vision, version 2** — approved by ada", StringComparison.Ordinal));
        await app.StandIns.GitHub.WaitForCheckAsync(repository, "success");
        GitHubJourney.AssertEverythingIsSaidOnce(repository);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Scenario_26_bad_signatures_are_401_and_nothing_is_stored(bool slash)
    {
        await using var app = await OrchestratorApp.StartAsync();
        var (_, ada) = Person(app);
        using var person = ada;
        var body = Encoding.UTF8.GetBytes(ada.CommentPayload(1, "@orchestrator hello").ToJsonString());
        var right = GitHubPerson.Sign(body, app.StandIns.GitHub.WebhookSecret);
        var path = slash ? "/webhooks/github/" : "/webhooks/github";
        foreach (var bad in new[] { "", "sha1=" + right[7..47], "sha256=", right.Replace("=", "==", StringComparison.Ordinal), right[..^1], right + "0", GitHubPerson.Sign(body, "another"), GitHubPerson.Sign([.. body, 32], app.StandIns.GitHub.WebhookSecret), "sha256=" + new string('z', 64) })
        {
            Assert.Equal(401, (await ada.PostAsync("issue_comment", body, signature: bad, path: path)).Status);
        }

        Assert.Equal(0L, await app.ReadAsync<long>("select count(*) from github_deliveries"));
        Assert.Equal(202, (await ada.PostAsync("issue_comment", body, path: path)).Status);
    }

    [Fact]
    public async Task Scenario_26_without_a_secret_it_is_503_with_the_setting_that_is_missing()
    {
        await using var app = await OrchestratorApp.StartAsync(("GITHUB_WEBHOOK_SECRET", ""));
        var (_, ada) = Person(app);
        using var person = ada;
        var answer = await ada.CommentAsync(1, "@orchestrator hello");
        Assert.Equal(503, answer.Status);
        Assert.Contains("GITHUB_WEBHOOK_SECRET", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scenario_27_odd_payloads_are_named_and_never_a_fault_of_ours()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var (_, ada) = Person(app);
        using var person = ada;
        var good = ada.CommentPayload(1, null);
        Assert.Equal(202, (await ada.DeliverAsync("issue_comment", good)).Status);
        foreach (var (body, type, name, expected) in new (string, string?, string, int)[]
        {
            ("", "application/json", "issue_comment", 400), ("[]", "application/json", "issue_comment", 400), ("null", "application/json", "issue_comment", 400), ("{", "application/json", "issue_comment", 400),
            ("{\"issue\":7}", "application/json", "issue_comment", 400), ("{\"action\":\"created\"}", "application/json", "issue_comment", 202), ("{}", "application/json", "issue_comment", 204),
            ("{\"action\":\"created\",\"comment\":{\"id\":1,\"body\":\"\\ud800\"}}", "application/json", "issue_comment", 400), ("{}", "application/json", "invented_next_year", 204),
            (good.ToJsonString(), "text/plain", "issue_comment", 415), (good.ToJsonString(), null, "issue_comment", 415), ("payload=", "application/x-www-form-urlencoded", "ping", 400), ("x=1", "application/x-www-form-urlencoded", "ping", 400),
            ("payload=" + Uri.EscapeDataString("{\"zen\":\"a b\"}"), "application/x-www-form-urlencoded", "ping", 202), ("{\"zen\":\"x\"}", "application/json; charset=utf-8", "ping", 202),
        })
        {
            var answer = await ada.PostAsync(name, Encoding.UTF8.GetBytes(body), type: type);
            Assert.True(expected == answer.Status, $"{body} as {type}: {answer.Status}, expected {expected}");
        }
    }

    [Fact]
    public async Task Scenario_27_a_body_may_have_25_MiB_and_no_byte_more_whether_its_length_is_announced_or_not()
    {
        await using var app = await OrchestratorApp.StartAsync();
        var (_, ada) = Person(app);
        using var person = ada;
        foreach (var (length, status) in new[] { (25 * 1024 * 1024, 202), ((25 * 1024 * 1024) + 1, 413) })
        {
            var body = Encoding.UTF8.GetBytes($$"""{"zen":"{{new string('x', length - 10)}}"}""");
            Assert.Equal((length, status), (body.Length, (await ada.PostAsync("ping", body)).Status));
            Assert.Equal((length, status), (body.Length, (await ada.PostAsync("ping", body, chunked: true)).Status));
        }
    }

    private static (GitHubRepository Repository, GitHubPerson Ada) Person(OrchestratorApp app) => app.StandIns.GitHub.OnGitHub(app.Address);

    private static string Letters(string text) => new([.. text.Where(char.IsLetterOrDigit)]);
}
