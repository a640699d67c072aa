using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.EndToEnd;

/// <summary>The whole way with the coding agent by way of GitHub.</summary>
public sealed class AgentOnGitHubScenarios
{
    [Fact]
    public async Task The_agent_is_told_by_comments_and_answers_by_comments_and_a_pull_request_over_a_restart()
    {
        await using var app = await OrchestratorApp.StartAsync(("SCAR_TRANSPORT", "github"), ("SCAR_GITHUB_LOGIN", "scar-agent"), ("SCAR_BASE_URL", null));
        var repository = app.StandIns.GitHub.AddRepository(Journey.Repository);
        using var agent = new GitHubAgent(app.StandIns.GitHub, repository, app.Address);
        await app.ToPlanGateAsync();
        agent.Hold();
        await app.Ada.PressAsync("Approve");
        await app.UntilAsync("select count(*) from scar_executions where status = 'RUNNING' and command = 'EXECUTE'", 1L, TimeSpan.FromSeconds(40));
        await app.RestartAsync();
        agent.Release();
        await app.WaitForGateAsync("Report, version 1", TimeSpan.FromSeconds(60));
        await app.Ada.PressAsync("Approve");
        await app.Ada.WaitForAsync("is completed");

        Assert.Equal(["prime", "plan-feature-github", "execute-github", "validate"], agent.Orders.Select(order => order.Name));
        Assert.Single(agent.Orders.Select(order => order.Number).Distinct());
        Assert.Equal(4, repository.Comments.Count(comment => comment.Body.Contains("/command-invoke", StringComparison.Ordinal)));
        Assert.Contains("/pull/", await app.ReadAsync<string>("select pull_request from documents where kind = 'REPORT'"), StringComparison.Ordinal);
        Assert.Contains("1. Build it", await app.ReadAsync<string>("select markdown from documents where kind = 'PLAN'"), StringComparison.Ordinal);
        Assert.Empty(app.StandIns.Scar.Calls);
    }
}
