using TestKit.Scar;

namespace TestKit.Tests.Scar;

public sealed class ScarStandInTests : IAsyncLifetime
{
    private readonly ScarStandIn scar = new();
    private Client client = null!;

    public async Task InitializeAsync()
    {
        await scar.StartAsync();
        client = new Client(scar);
        scar.RemoveFolder("demo-app");
        foreach (var name in new[] { "3d-app", "app", "app-two", "owner.github.io", "web-api", "web-app", "zeta" })
        {
            scar.AddRepository(ScarRepository.Prepared("octocat", name));
        }

        scar.AddRepository(new ScarRepository(".cache"));
        scar.AddRepository(new ScarRepository("notgit"));
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await scar.DisposeAsync();
    }

    [Theory]
    [InlineData("app", "app")]
    [InlineData("3d-app", "app")]
    [InlineData("3abc", "app")]
    [InlineData("9zeta", "zeta")]
    [InlineData("web", "web-api")]
    [InlineData("owner", "owner.github.io")]
    [InlineData("\"app\"", "app")]
    [InlineData("app extra", "app")]
    [InlineData("2", "3d-app")]
    public async Task A_repository_is_found_by_number_then_name_then_beginning(string sent, string found)
    {
        var replies = await client.AskAsync("c", $"/repo {sent}", "/getcwd");

        Assert.Equal([$"Switched to: {found}\n✓ Loaded 6 commands\n\nReady to work!", $"Current working directory: /workspace/{found}"], replies);
    }

    [Theory]
    [InlineData("/repo .", "Switched to: .cache\n\nReady to work!")]
    [InlineData("/repo \"\"", "Switched to: .cache\n\nReady to work!")]
    [InlineData("/repo notgit", "Switched to: notgit\n\nReady to work!")]
    [InlineData("/repo 99", "Repository not found: 99\n\nUse /repos to see available repositories.")]
    [InlineData("/repo APP", "Repository not found: APP\n\nUse /repos to see available repositories.")]
    [InlineData("/repo", "Usage: /repo <number|name> [pull]")]
    [InlineData("/GETCWD", "Unknown command: /GETCWD\n\nType /help for available commands or /templates for command templates.")]
    [InlineData("/getcwd", "Current working directory: Not set")]
    [InlineData("/commands", "No codebase configured.")]
    [InlineData("/reset", "No active session to reset.")]
    [InlineData("/command-invoke plan", "No codebase configured. Use /clone for a new repo or /repos to list your current repos you can switch to.")]
    [InlineData("hello", "No codebase configured. Use /clone for a new repo or /repos to list your current repos you can switch to.")]
    [InlineData("/clone https://github.com/octocat/second.github.io", "Repository cloned successfully!\n\nCodebase: secondhub.io\nPath: /workspace/secondhub.io")]
    public async Task Commands_are_answered_in_SCARs_words(string sent, string reply) => Assert.Equal([reply], await client.AskAsync("c", sent));

    [Fact]
    public async Task A_worktree_survives_a_switch_and_work_happens_in_it()
    {
        scar.OnCommand("validate", run =>
        {
            run.Say(run.WorkingDirectory);
            return Task.CompletedTask;
        });

        var replies = await client.AskAsync("c", "/repo zeta", "/worktree create feat-1", "/repo app", "/getcwd", "/status", "/command-invoke validate");

        Assert.Equal("Current working directory: /workspace/app", replies[3]);
        Assert.Equal("Platform: test\nAI Assistant: claude\n\nCodebase: app\nRepository: https://github.com/octocat/app\n\nCurrent Working Directory: /workspace/app\nWorktree: zeta/worktrees/feat-1", replies[4]);
        Assert.Equal("/workspace/zeta/worktrees/feat-1", replies[5]);
    }

    [Theory]
    [InlineData("{\"conversationId\":\"c\"}", "application/json", 400, "application/json")]
    [InlineData("[]", "application/json", 400, "application/json")]
    [InlineData("{\"conversationId\":\"\",\"message\":\"\"}", "application/json", 400, "application/json")]
    [InlineData("{\"conversationId\":\"c\",\"message\":\"m\"}", "text/plain", 500, "application/json")]
    [InlineData("null", "application/json", 400, "text/html")]
    [InlineData("{", "application/json", 400, "text/html")]
    public async Task A_bad_request_is_answered_as_SCAR_does(string body, string type, int status, string answered)
    {
        var answer = await client.RawAsync(HttpMethod.Post, "/test/message", body, type);

        Assert.Equal((status, answered), (answer.Status, answer.Type));
    }

    [Fact]
    public async Task More_than_100_KiB_is_too_large()
    {
        Assert.Equal(200, (await client.RawAsync(HttpMethod.Post, "/test/message", Body(102_000))).Status);
        var answer = await client.RawAsync(HttpMethod.Post, "/test/message", Body(103_000));
        Assert.Equal((413, "text/html"), (answer.Status, answer.Type));

        static string Body(int size) => $"{{\"conversationId\":\"c\",\"message\":\"/{new string('x', size - 37)}\"}}";
    }

    [Fact]
    public async Task What_SCAR_does_not_know_is_404_in_html_and_noted()
    {
        Assert.Equal((404, "text/html"), await client.RawAsync(HttpMethod.Get, "/test/mode") is var answer ? (answer.Status, answer.Type) : default);
        Assert.Equal(["GET /test/mode"], scar.Unexpected);
    }

    [Fact]
    public async Task Ids_are_percent_encoded_once_and_an_unknown_one_has_an_empty_list()
    {
        Assert.Single(await client.AskAsync("a/b å?#%2F", "/getcwd"));
        Assert.Equal("{\"conversationId\":\"nobody\",\"messages\":[]}", (await client.RawAsync(HttpMethod.Get, "/test/messages/nobody")).Body);
    }
}
