using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>Ada's way by way of an issue, as far as a test needs it.</summary>
internal static class GitHubJourney
{
    public const int Issue = 12;
    public const string Sha = "0123456789abcdef0123456789abcdef01234567";

    /// <summary>The repository in which Ada may write, with whatever pull request the coding agent opens there, and Ada.</summary>
    public static (GitHubRepository Repository, GitHubPerson Ada) OnGitHub(this GitHubStandIn github, Uri app, bool byApp = false)
    {
        var repository = github.AddRepository(Journey.Repository);
        repository.Permissions["ada"] = "write";
        foreach (var number in Enumerable.Range(1, 40))
        {
            repository.PullRequests[number] = Sha;
        }

        return (repository, new GitHubPerson(github, repository, app) { ByApp = byApp });
    }

    /// <summary>Opens an issue with the label, answers questions and takes the offer, as far as the question about the vision.</summary>
    public static async Task ToVisionGateAsync(this OrchestratorApp app, GitHubRepository repository, GitHubPerson ada)
    {
        await ada.OpenAsync(Issue, "Order bread", Journey.Answers[0], "orchestrate");
        foreach (var answer in Journey.Answers.Skip(1))
        {
            await app.UntilAsync("select count(*) from github_deliveries where status = 'OPEN'", 0L);
            await app.UntilAsync("select count(*) from inbox where status = 'OPEN'", 0L);
            await app.UntilAsync("select count(*) from outbox where status = 'PENDING'", 0L);
            if (repository.CommentsOf(Issue).Any(comment => comment.Text.Contains("/vision", StringComparison.Ordinal)))
            {
                break;
            }

            await ada.CommentAsync(Issue, $"@orchestrator {answer}");
        }

        await ada.WaitForAsync(Issue, "/vision");
        await ada.CommentAsync(Issue, "/vision");
        await app.WaitForOpenGateAsync("VISION");
    }

    /// <summary>Waits for the question of a gate of this kind.</summary>
    public static async Task WaitForOpenGateAsync(this OrchestratorApp app, string kind)
    {
        await app.UntilAsync($"select count(*) from gates where status = 'PENDING' and kind = '{kind}'", 1L, TimeSpan.FromSeconds(60));
        await app.UntilAsync("select count(*) from outbox where status = 'PENDING'", 0L);
    }

    /// <summary>Waits for a check run that shows this.</summary>
    public static async Task<ShownCheck> WaitForCheckAsync(this GitHubStandIn github, GitHubRepository repository, string conclusion)
    {
        await github.Changes.UntilAsync(() => repository.Checks.Any(check => check.Conclusion == conclusion), $"a check run that says {conclusion}", TimeSpan.FromSeconds(30));
        return Assert.Single(repository.Checks);
    }

    /// <summary>Each comment of ours is there once, by its hidden marker.</summary>
    public static void AssertEverythingIsSaidOnce(GitHubRepository repository) =>
        Assert.All(repository.Comments.GroupBy(comment => comment.Body[comment.Body.LastIndexOf("<!--", StringComparison.Ordinal)..]), same => Assert.Single(same));
}
