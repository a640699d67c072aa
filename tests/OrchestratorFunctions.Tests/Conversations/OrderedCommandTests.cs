using OrchestratorFunctions.Conversations;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Conversations;

public sealed class OrderedCommandTests
{
    private static long lastRow;

    [Fact]
    public async Task Start_welcomes_and_never_makes_a_project()
    {
        await using var rooms = await Rooms.CreateAsync();
        await RunAsync(rooms, "/start");
        Assert.StartsWith("Hello!", Assert.Single(await rooms.SaidAsync()), StringComparison.Ordinal);
        Assert.Equal(0L, await rooms.ReadAsync<long>("select count(*) from projects"));

        await rooms.ProjectAsync();
        for (var time = 0; time < 3; time++)
        {
            await RunAsync(rooms, "/start");
        }

        Assert.Equal(1L, await rooms.ReadAsync<long>("select count(*) from projects"));
        Assert.Equal(3, (await rooms.SaidAsync()).Count(text => text.StartsWith("The projects of this chat", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("/new", "New project")]
    [InlineData("/new Bread shop", "Bread shop")]
    [InlineData("/new   spaced   ", "spaced")]
    public async Task New_begins_a_project_and_talks_about_it(string command, string name)
    {
        await using var rooms = await Rooms.CreateAsync();
        await rooms.ProjectAsync();
        await RunAsync(rooms, command, Rooms.Bob);
        var current = (await rooms.DoAsync(connection => rooms.Get<ConversationStore>().CurrentProjectAsync(connection, Rooms.Chat, default)))!;
        Assert.Equal((name, Rooms.Bob, ProjectStatus.Brainstorming), (current.Name, current.CreatedBy, current.Status));
        Assert.Equal(["project_created success"], await rooms.AuditAsync());
        Assert.True(await rooms.DoAsync(connection => rooms.Get<ProjectStore>().IsApproverAsync(connection, current.Id, Rooms.Bob, default)));
        Assert.False(await rooms.DoAsync(connection => rooms.Get<ProjectStore>().IsApproverAsync(connection, current.Id, Rooms.Ada, default)));
    }

    [Theory]
    [InlineData(150)]
    [InlineData(5000)]
    public async Task A_name_that_is_too_long_is_cut_between_characters(int length)
    {
        await using var rooms = await Rooms.CreateAsync();
        await RunAsync(rooms, $"/new x{string.Concat(Enumerable.Repeat("🍞", length))}");
        var name = await rooms.ReadAsync<string>("select name from projects");
        Assert.InRange(name.Length, 90, 100);
        Assert.DoesNotContain('\uFFFD', name);
    }

    [Theory]
    [InlineData("/repo https://github.com/acme/acme.github.io.git", "acme/acme.github.io")]
    [InlineData("/repo acme/app", "acme/app")]
    public async Task Repo_binds_the_repository_wakes_the_run_and_is_audited(string command, string repository)
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatus.Planning);
        var wakeup = Assert.Single(await RunAsync(rooms, command));
        Assert.Equal(($"project:{project.Id}:1", "changed"), (wakeup.InstanceId, wakeup.Event));
        Assert.Equal(repository, (await rooms.ProjectAsync(project.Id)).Repository);
        Assert.Equal(["repository_set success"], await rooms.AuditAsync());
        await RunAsync(rooms, "/repo");
        Assert.Equal([$"**Bakery** works in `{repository}`.", $"**Bakery** works in `{repository}`."], await rooms.SaidAsync());
    }

    [Theory]
    [InlineData("BRAINSTORMING", true)]
    [InlineData("VISION_REVIEW", true)]
    [InlineData("PLANNING", false)]
    [InlineData("IN_PROGRESS", false)]
    [InlineData("PAUSED", false)]
    [InlineData("STOPPING", false)]
    public async Task A_repository_that_is_bound_changes_only_before_the_coding_agent_has_seen_it(string status, bool changes)
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync(ProjectStatuses.Parse(status));
        await rooms.ExecuteAsync("update projects set repository = 'acme/old'");
        await RunAsync(rooms, "/repo acme/app");
        Assert.Equal(changes ? "acme/app" : "acme/old", (await rooms.ProjectAsync(project.Id)).Repository);
    }

    [Fact]
    public async Task Repo_refuses_who_does_not_decide_and_what_is_no_repository()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync();
        Assert.Empty(await RunAsync(rooms, "/repo acme/app", Rooms.Bob));
        Assert.Equal("Only Ada can do that in **Bakery**.", (await rooms.SaidAsync())[^1]);
        Assert.Equal(["command_denied denied"], await rooms.AuditAsync());
        Assert.Empty(await RunAsync(rooms, "/repo https://gitlab.com/acme/app"));
        Assert.StartsWith("That is not a GitHub repository.", (await rooms.SaidAsync())[^1], StringComparison.Ordinal);
        Assert.Null((await rooms.ProjectAsync(project.Id)).Repository);
        await RunAsync(rooms, "/repo");
        Assert.Equal("**Bakery** has no repository yet: /repo owner/name", (await rooms.SaidAsync())[^1]);
    }

    [Fact]
    public async Task Reset_ends_the_topic_and_keeps_what_was_said()
    {
        await using var rooms = await Rooms.CreateAsync();
        var project = await rooms.ProjectAsync();
        var talk = rooms.Get<ConversationStore>();
        var topic = await rooms.DoAsync(connection => talk.TopicAsync(connection, project.Id, default));
        await rooms.DoAsync(connection => talk.KeepTurnAsync(connection, Rooms.Chat, project.Id, topic, 1, "hello", "welcome", default));
        await rooms.DoAsync(connection => talk.KeepTurnAsync(connection, Rooms.Chat, project.Id, topic, 1, "hello", "welcome again", default));
        await RunAsync(rooms, "/reset");
        Assert.Equal(["hello", "welcome"], await rooms.ListAsync<string>("select content from messages order by id"));
        var next = await Race.RunAsync(4, _ => rooms.DoAsync(connection => talk.TopicAsync(connection, project.Id, default)));
        Assert.Single(next.Distinct());
        Assert.NotEqual(topic, next[0]);
    }

    [Theory]
    [InlineData("/reset", "There is no project in this chat yet.")]
    [InlineData("/repo acme/app", "There is no project in this chat yet.")]
    [InlineData("/dance", "I do not know /dance.")]
    [InlineData("/", "I do not know /.")]
    public async Task Without_a_project_every_command_has_an_answer(string command, string answer)
    {
        await using var rooms = await Rooms.CreateAsync();
        Assert.Empty(await RunAsync(rooms, command));
        Assert.StartsWith(answer, Assert.Single(await rooms.SaidAsync()), StringComparison.Ordinal);
    }

    private static Task<IReadOnlyList<Wakeup>> RunAsync(Rooms rooms, string command, string person = Rooms.Ada) =>
        rooms.DoAsync(connection => rooms.Get<OrderedCommands>().RunAsync(
            connection, new InboxRow(Interlocked.Increment(ref lastRow), Rooms.Chat, person, DeliveryKind.Command, command, 1, rooms.Time.GetUtcNow()), check: null, default));
}
