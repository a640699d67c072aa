using System.Text.Json.Nodes;
using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Tests.TestApp;
using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.Scar.OnGitHub;

public sealed class GitHubTransportTests
{
    [Fact]
    public async Task A_command_is_a_comment_that_calls_the_agent_in_one_issue_of_the_project_and_its_result_line_ends_the_run()
    {
        await using var rooms = await AgentRooms.StartAsync();
        var first = await rooms.SentAsync();
        var issue = Assert.Single(rooms.Repository.Issues.Values);
        var comment = Assert.Single(rooms.Repository.CommentsOf(issue.Number));
        Assert.StartsWith("@scar-agent /command-invoke plan-feature-github ", comment.Body, StringComparison.Ordinal);

        Assert.Null(await rooms.SaidAsync(AgentRooms.Agent, issue.Number, "The agent is on the case..."));
        Assert.Equal((ScarStage.Poll, true), ((await rooms.PollAsync(first)).Stage, (await rooms.PollAsync(first)).Wait));
        Assert.Null(await rooms.SaidAsync(AgentRooms.Agent, issue.Number, $"# Plan\n\n1. Build\n\nBranch: feature/x\nCommit: 0123abc\nRESULT {await rooms.NonceAsync(first)} SUCCESS"));
        var outcome = (await rooms.PollAsync(first)).Outcome!;
        Assert.Equal((ScarOutcome.Succeeded, "feature/x", "0123abc"), (outcome.Outcome, outcome.Branch, outcome.CommitId));
        Assert.Equal("# Plan\n\n1. Build\n\nBranch: feature/x\nCommit: 0123abc", await rooms.Rooms.Get<ScarStore>().OutputAsync(first, default));

        await rooms.SentAsync(ScarCommand.Validate);
        Assert.Single(rooms.Repository.Issues);
        Assert.Equal(2, rooms.Repository.CommentsOf(issue.Number).Count);
    }

    [Fact]
    public async Task A_project_that_began_in_an_issue_goes_on_there()
    {
        await using var rooms = await AgentRooms.StartAsync();
        Assert.Equal(12, await rooms.IssueAsync(await rooms.SentAsync(address: $"github:{rooms.Repository.Id}#12")));
        Assert.Empty(rooms.Repository.Issues);
        Assert.Single(rooms.Repository.CommentsOf(12));
    }

    [Fact]
    public async Task A_command_and_an_issue_whose_making_was_not_noted_are_found_and_not_made_again()
    {
        await using var rooms = await AgentRooms.StartAsync();
        var id = await rooms.SentAsync();
        await rooms.Rooms.ExecuteAsync("update github_posts set result = null; update agent_commands set comment_id = null; update scar_executions set status = 'SENDING'");
        Assert.Equal((ScarStage.Send, true), ((await rooms.SendAsync(id)).Stage, (await rooms.SendAsync(id)).Wait));
        rooms.Rooms.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(ScarStage.Poll, (await rooms.SendAsync(id)).Stage);
        Assert.Equal(ScarStage.Send, (await rooms.SelectAsync(await rooms.PreparedAsync())).Stage);
        Assert.Single(rooms.Repository.Comments);
        Assert.Single(rooms.Repository.Issues);
    }

    [Fact]
    public async Task What_GitHub_did_not_take_is_posted_when_it_does()
    {
        await using var rooms = await AgentRooms.StartAsync();
        var id = await rooms.PreparedAsync();
        rooms.GitHub.Trouble.Fail(1, 502, on: "/issues");
        Assert.Equal((ScarStage.Select, true), ((await rooms.SelectAsync(id)) is { } step ? (step.Stage, step.Wait) : default));
        Assert.Equal(ScarStage.Send, (await rooms.SelectAsync(id)).Stage);
        rooms.GitHub.Trouble.Fail(1, 500, on: "/comments");
        Assert.Equal((ScarStage.Send, true), ((await rooms.SendAsync(id)) is { } sent ? (sent.Stage, sent.Wait) : default));
        Assert.Equal(ScarStage.Poll, (await rooms.SendAsync(id)).Stage);
        Assert.Single(rooms.Repository.Comments);
    }

    [Fact]
    public async Task Many_at_once_post_one_command()
    {
        await using var rooms = await AgentRooms.StartAsync();
        var id = await rooms.PreparedAsync();
        await Race.RunAsync(6, _ => rooms.SelectAsync(id));
        await Race.RunAsync(6, _ => rooms.SendAsync(id));
        Assert.Single(rooms.Repository.Issues);
        Assert.Single(rooms.Repository.Comments);
        Assert.Equal(ScarStage.Poll, (await rooms.SendAsync(id)).Stage);
    }

    [Fact]
    public async Task Only_the_agents_own_words_count_and_a_silent_agent_times_out_as_on_HTTP()
    {
        await using var rooms = await AgentRooms.StartAsync();
        rooms.Repository.Permissions["mallory"] = "write";
        var id = await rooms.SentAsync();
        var (issue, end) = (await rooms.IssueAsync(id), $"RESULT {await rooms.NonceAsync(id)} SUCCESS");
        Assert.Equal("no mention", await rooms.SaidAsync("mallory", issue, end));
        Assert.Equal("no mention", await rooms.SaidAsync("scar-agent-2", issue, end));
        Assert.Equal("the payload names no repository or issue", await rooms.SaidAsync(AgentRooms.Agent, issue, end, author: "mallory"));
        Assert.NotNull(await rooms.SaidAsync("mallory", issue, end, action: "edited", author: AgentRooms.Agent));
        Assert.Equal("the coding agent, where no command of ours is under way", await rooms.SaidAsync(AgentRooms.Agent, issue + 1, end));
        Assert.Null(await rooms.SaidAsync(AgentRooms.Agent, issue, $"> {end}\n\nYou asked for that. RESULT 00112233445566778899aabbccddeeff SUCCESS?"));
        Assert.Null(await rooms.SaidAsync(AgentRooms.Agent, issue, "RESULT 00112233445566778899aabbccddeeff SUCCESS"));
        Assert.Null((await rooms.PollAsync(id)).Outcome);

        rooms.Rooms.Time.Advance(TimeSpan.FromSeconds(1801));
        var outcome = (await rooms.PollAsync(id)).Outcome!;
        Assert.Equal((ScarOutcome.Failed, "the coding agent did not finish within 1800 s; it cannot be stopped from here and may still be at work"), (outcome.Outcome, outcome.Reason));
    }

    [Fact]
    public async Task An_answer_that_was_not_delivered_is_found_by_asking_and_one_that_the_agent_corrects_counts_as_corrected()
    {
        await using var rooms = await AgentRooms.StartAsync();
        var id = await rooms.SentAsync();
        using var agent = new GitHubAgent(rooms.GitHub, rooms.Repository, new Uri("http://127.0.0.1:1"));
        var said = await agent.SayAsync(await rooms.IssueAsync(id), "Half done.", deliver: false);
        Assert.Empty(await rooms.Rooms.ListAsync<string>("select text from agent_replies"));
        rooms.Rooms.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.True((await rooms.PollAsync(id)).News);
        Assert.Null(await rooms.SaidAsync(AgentRooms.Agent, said.Number, $"All done.\n\nRESULT {await rooms.NonceAsync(id)} SUCCESS", "edited", said.Id));
        Assert.Equal(ScarOutcome.Succeeded, (await rooms.PollAsync(id)).Outcome?.Outcome);
        Assert.Equal("All done.", await rooms.Rooms.Get<ScarStore>().OutputAsync(id, default));
    }

    [Fact]
    public async Task A_pull_request_belongs_to_the_run_whose_issue_it_names()
    {
        await using var rooms = await AgentRooms.StartAsync();
        var other = await rooms.SentAsync(ScarCommand.Execute, $"github:{rooms.Repository.Id}#1");
        var id = await rooms.SentAsync(ScarCommand.Execute, $"github:{rooms.Repository.Id}#12");
        Assert.Equal("the coding agent's pull request, of which it is not known to which run it belongs", await OpenedAsync(rooms, 30, "Some work", "feature/x"));
        Assert.Null(await OpenedAsync(rooms, 31, "Closes #12", "feature/x"));
        Assert.Null(await rooms.SaidAsync(AgentRooms.Agent, 31, $"Done.\nRESULT {await rooms.NonceAsync(id)} SUCCESS"));
        Assert.Equal("https://github.com/octocat/demo-app/pull/31", (await rooms.PollAsync(id)).Outcome!.PullRequest);
        Assert.Null((await rooms.PollAsync(other)).Outcome);
    }

    [Fact]
    public async Task The_agent_commands_and_decides_nothing_whatever_it_may_do_in_the_repository()
    {
        await using var rooms = await AgentRooms.StartAsync();
        rooms.Repository.Permissions[AgentRooms.Agent] = "admin";
        var gate = await rooms.Rooms.VisionGateAsync(rooms.Project.Id);
        await rooms.Rooms.ExecuteAsync("update projects set repository = 'octocat/demo-app'");
        await rooms.SaidAsync(AgentRooms.Agent, 12, "@orchestrator /approve");
        using var agent = new GitHubPerson(rooms.GitHub, rooms.Repository, new Uri("http://127.0.0.1:1"), AgentRooms.Agent, 9);
        Assert.Equal("the coding agent's account, which commands nothing", await rooms.DeliverAsync("pull_request_review", agent.ReviewPayload("submitted", 7, "approved", "")));
        Assert.Equal("PENDING", await rooms.Rooms.ReadAsync<string>("select status from gates where id = @gate", new { gate }));
        Assert.Equal(0L, await rooms.Rooms.ReadAsync<long>("select count(*) from inbox"));
    }

    [Theory]
    [InlineData("octocat/nowhere", "no repository octocat/nowhere")]
    [InlineData("octocat/demo-app", "archived")]
    public async Task Where_nothing_can_be_written_the_run_fails_with_the_reason(string repository, string reason)
    {
        await using var rooms = await AgentRooms.StartAsync();
        rooms.Repository.IsArchived = true;
        var outcome = (await rooms.SelectAsync(await rooms.PreparedAsync(repository: repository))).Outcome!;
        Assert.Equal(ScarOutcome.Failed, outcome.Outcome);
        Assert.Contains(reason, outcome.Reason, StringComparison.Ordinal);
        Assert.Empty(rooms.Repository.Comments);
    }

    private static async Task<string?> OpenedAsync(AgentRooms rooms, int number, string body, string branch)
    {
        using var agent = new GitHubPerson(rooms.GitHub, rooms.Repository, new Uri("http://127.0.0.1:1"), AgentRooms.Agent, 9);
        var payload = agent.Payload("opened");
        payload["pull_request"] = new JsonObject
        {
            ["id"] = number, ["number"] = number, ["title"] = "Work", ["body"] = body, ["html_url"] = $"https://github.com/octocat/demo-app/pull/{number}", ["head"] = new JsonObject { ["ref"] = branch, ["sha"] = new string('a', 40) },
        };
        return await rooms.DeliverAsync("pull_request", payload);
    }
}
