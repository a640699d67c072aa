using Xunit.Abstractions;

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>Scenario 14 by way of GitHub: killed while a comment that approves is taken, handled and answered. A delivery may be taken up five times, so not all statements fit into one way.</summary>
[Collection("Kills one")]
public sealed class KilledWhileGitHubDecidesTests(ITestOutputHelper output)
{
    private const int Issue = 7;

    [Theory]
    [InlineData("github_deliveries.accept, github_queues.try_lock, github_deliveries.claim, repositories.give_up_name")]
    [InlineData("repositories.remember, repository_writers.allow")]
    [InlineData("gates.decide, github_deliveries.done")]
    public Task Killed_at_one_statement_after_another_the_comment_decides_once(string statements) => KillPoint.OneAfterAnotherAsync(Scene.VisionGate, statements, output, ApproveAsync);

    private static async Task ApproveAsync(KillStage stage)
    {
        var (repository, person) = stage.StandIns.GitHub.OnGitHub(stage.Address);
        using var ada = person;
        var approval = ada.CommentPayload(Issue, "@orchestrator /approve");
        // GitHub delivers a failed one again when it is asked to, under the same id.
        await stage.UntilTakenAsync(async () => (await ada.DeliverAsync("issue_comment", approval, "approval")).Status);
        await stage.WaitForGateAsync("Plan, version 1");
        var answer = await ada.WaitForAsync(Issue, "Vision, version 1", TimeSpan.FromSeconds(30));
        Assert.Contains("approved", answer.Text, StringComparison.Ordinal);
        GitHubJourney.AssertEverythingIsSaidOnce(repository);
    }
}
