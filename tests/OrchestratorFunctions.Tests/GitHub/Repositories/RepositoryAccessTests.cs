using OrchestratorFunctions.Conversations;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;
using Room = OrchestratorFunctions.Tests.TestApp.Rooms;

namespace OrchestratorFunctions.Tests.GitHub.Repositories;

public sealed class RepositoryAccessTests
{
    private static long lastRow = 1000;

    [Theory]
    [InlineData("/repo octocat/nowhere", "I find no repository `octocat/nowhere` on GitHub.", null)]
    [InlineData("/repo octocat/old-stuff", "`octocat/old-stuff` is archived, so nothing can be built there.", null)]
    [InlineData("/repo octocat/others", "I see `octocat/others`, and may not write there.", null)]
    [InlineData("/repo OCTOCAT/Demo-App", "**Bakery** works in `octocat/demo-app`.", "octocat/demo-app")]
    [InlineData("/repo https://github.com/octocat/octocat.github.io.git", "**Bakery** works in `octocat/octocat.github.io`.", "octocat/octocat.github.io")]
    [InlineData("/repo octocat/former", "**Bakery** works in `octocat/a--b_c.d-`.", "octocat/a--b_c.d-")]
    [InlineData("/repo octocat/dеmo-app", "That is not a GitHub repository.", null)]
    [InlineData("/repo octocat/..", "That is not a GitHub repository.", null)]
    public async Task GitHub_is_asked_about_a_repository_and_the_answer_is_clear(string command, string answer, string? bound)
    {
        await using var rooms = await StartAsync();
        var project = await rooms.Rooms.ProjectAsync();
        await SayAsync(rooms, command);
        Assert.StartsWith(answer, Assert.Single(await rooms.Rooms.SaidAsync()), StringComparison.Ordinal);
        Assert.Equal(bound, (await rooms.Rooms.ProjectAsync(project.Id)).Repository);
    }

    [Fact]
    public async Task What_is_bound_already_is_said_and_a_second_project_there_is_warned_of()
    {
        await using var rooms = await StartAsync();
        await rooms.Rooms.ProjectAsync();
        await SayAsync(rooms, "/repo octocat/demo-app");
        await SayAsync(rooms, "/repo Octocat/demo-APP");
        Assert.Equal("**Bakery** works in `octocat/demo-app` already.", (await rooms.Rooms.SaidAsync())[^1]);
        rooms.Rooms.Time.Advance(TimeSpan.FromSeconds(1));
        await rooms.Rooms.ProjectAsync(name: "Shop");
        await SayAsync(rooms, "/repo octocat/demo-app");
        Assert.Contains("So does another project", (await rooms.Rooms.SaidAsync())[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_GitHub_does_not_answer_nothing_is_bound()
    {
        await using var rooms = await StartAsync();
        var project = await rooms.Rooms.ProjectAsync();
        rooms.GitHub.Trouble.Fail(1, 502);
        await SayAsync(rooms, "/repo octocat/demo-app");
        Assert.StartsWith("GitHub does not answer right now", (await rooms.Rooms.SaidAsync())[^1], StringComparison.Ordinal);
        Assert.Null((await rooms.Rooms.ProjectAsync(project.Id)).Repository);
    }

    [Fact]
    public async Task Somebody_on_GitHub_cannot_have_us_build_where_they_may_not_write()
    {
        await using var rooms = await StartAsync();
        rooms.GitHub.AddRepository("octocat/demo-app").Permissions["mallory"] = "read";
        var project = await rooms.Rooms.ProjectAsync();
        await rooms.Rooms.ApproverAsync(project.Id, "github:666");
        await rooms.Rooms.ExecuteAsync("insert into people (person, name, updated_at) values ('github:666', 'mallory', now())");
        await SayAsync(rooms, "/repo octocat/demo-app", "github:666");
        Assert.Equal("You may not write in `octocat/demo-app`, so you cannot have me build there.", (await rooms.Rooms.SaidAsync())[^1]);
        await SayAsync(rooms, "/repo new octocat/fresh", "github:666");
        Assert.Contains("only under your own name", (await rooms.Rooms.SaidAsync())[^1], StringComparison.Ordinal);
        Assert.Null((await rooms.Rooms.ProjectAsync(project.Id)).Repository);
    }

    [Fact]
    public async Task A_repository_from_the_template_is_made_once_and_found_after_a_crash()
    {
        await using var rooms = await StartAsync();
        var project = await rooms.Rooms.ProjectAsync();
        var row = Row("/repo new octocat/fresh", Room.Ada);
        // The process dies after GitHub has made it and before we noted that, then after we noted it.
        await rooms.Rooms.Get<RepositoryCommand>().AskAsync(row, default);
        await rooms.Rooms.ExecuteAsync("update github_posts set result = null, claimed_at = '-infinity'");
        await rooms.Rooms.Get<RepositoryCommand>().AskAsync(row, default);
        await SayAsync(rooms, row);
        Assert.Equal("**Bakery** works in `octocat/fresh`.", (await rooms.Rooms.SaidAsync())[^1]);
        Assert.Equal("octocat/fresh", (await rooms.Rooms.ProjectAsync(project.Id)).Repository);
        Assert.Equal(1, rooms.GitHub.Calls.Count(call => call.Path.EndsWith("/generate", StringComparison.Ordinal)));
        Assert.True(rooms.GitHub.Repositories.Single(repository => repository.FullName == "octocat/fresh").IsPrivate);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_never_taken_over()
    {
        await using var rooms = await StartAsync();
        var project = await rooms.Rooms.ProjectAsync();
        for (var time = 0; time < 2; time++)
        {
            await SayAsync(rooms, "/repo new octocat/demo-app");
            Assert.StartsWith("There is a repository `octocat/demo-app` already", (await rooms.Rooms.SaidAsync())[^1], StringComparison.Ordinal);
        }

        Assert.Null((await rooms.Rooms.ProjectAsync(project.Id)).Repository);
        await SayAsync(rooms, "/repo new octocat/fresh", Room.Bob);
        Assert.DoesNotContain(rooms.GitHub.Calls, call => call.Path.EndsWith("/generate", StringComparison.Ordinal));
    }

    [Theory]
    // What the app's manifest asks for, unless it is told to ask for more.
    [InlineData("", "octocat/fresh", "GitHub does not let me make `octocat/fresh` from the template `octocat/template`. Whoever runs me can change that: it needs administration: write for `octocat`, and contents: read")]
    [InlineData("administration", "octocat/fresh", "GitHub does not let me make `octocat/fresh` from the template `octocat/template`.")]
    [InlineData("administration, contents", "somewhere/fresh", "GitHub does not let me make `somewhere/fresh` from the template `octocat/template`.")]
    [InlineData("administration, contents", "octocat/fresh", "**Bakery** works in `octocat/fresh`.")]
    [InlineData("administration, contents, but only some repositories", "octocat/fresh", "I made `octocat/fresh`, and the app is not installed there.")]
    public async Task An_app_makes_repositories_by_permissions_of_their_own_and_says_what_is_missing(string granted, string wanted, string answer)
    {
        await using var rooms = await StartAsync(asApp: true);
        rooms.Rooms.Time.SetUtcNow(TimeProvider.System.GetUtcNow());
        rooms.GitHub.Apps.IsInstalledEverywhere = !granted.Contains("only some", StringComparison.Ordinal);
        foreach (var permission in new[] { "administration", "contents" }.Where(name => granted.Contains(name, StringComparison.Ordinal)))
        {
            rooms.GitHub.Apps.Granted[permission] = permission == "contents" ? "read" : "write";
        }

        await rooms.Rooms.ProjectAsync();
        for (var time = 0; time < 2; time++)
        {
            await SayAsync(rooms, $"/repo new {wanted}");
            Assert.StartsWith(time == 1 && answer.StartsWith("**", StringComparison.Ordinal) ? "**Bakery** works in `octocat/fresh` already." : answer, (await rooms.Rooms.SaidAsync())[^1], StringComparison.Ordinal);
        }

        Assert.True(rooms.GitHub.Repositories.Count(repository => repository.Template is not null) <= 1);
    }

    [Fact]
    public async Task A_permission_that_was_missing_counts_as_soon_as_it_is_granted()
    {
        await using var rooms = await StartAsync(asApp: true);
        rooms.Rooms.Time.SetUtcNow(TimeProvider.System.GetUtcNow());
        await rooms.Rooms.ProjectAsync();
        await SayAsync(rooms, "/repo new octocat/fresh");
        (rooms.GitHub.Apps.Granted["administration"], rooms.GitHub.Apps.Granted["contents"]) = ("write", "read");
        await SayAsync(rooms, "/repo new octocat/fresh");
        Assert.Equal("**Bakery** works in `octocat/fresh`.", (await rooms.Rooms.SaidAsync())[^1]);
    }

    [Fact]
    public async Task Without_a_template_the_hint_names_the_setting()
    {
        await using var rooms = await GitHubRooms.StartAsync();
        await rooms.Rooms.ProjectAsync();
        await SayAsync(rooms, "/repo new octocat/fresh");
        Assert.Contains("GITHUB_TEMPLATE_REPOSITORY", (await rooms.Rooms.SaidAsync())[^1], StringComparison.Ordinal);
    }

    private static async Task<GitHubRooms> StartAsync(bool asApp = false)
    {
        var rooms = await GitHubRooms.StartAsync(asApp, ("GITHUB_TEMPLATE_REPOSITORY", "octocat/template"));
        rooms.GitHub.AddRepository("octocat/template").IsTemplate = true;
        rooms.GitHub.AddRepository("octocat/demo-app");
        rooms.GitHub.AddRepository("octocat/octocat.github.io");
        rooms.GitHub.AddRepository("octocat/old-stuff").IsArchived = true;
        rooms.GitHub.AddRepository("octocat/others").MayPush = false;
        rooms.GitHub.Rename(rooms.GitHub.AddRepository("octocat/former"), "octocat/a--b_c.d-");
        return rooms;
    }

    private static InboxRow Row(string command, string person) => new(Interlocked.Increment(ref lastRow), Room.Chat, person, DeliveryKind.Command, command, 1, default);

    private static Task SayAsync(GitHubRooms rooms, string command, string person = Room.Ada) => SayAsync(rooms, Row(command, person));

    private static async Task SayAsync(GitHubRooms rooms, InboxRow row)
    {
        var check = await rooms.Rooms.Get<RepositoryCommand>().AskAsync(row, default);
        await rooms.Rooms.DoAsync(connection => rooms.Rooms.Get<OrderedCommands>().RunAsync(connection, row, check, default));
    }
}
