using OrchestratorFunctions.GitHub.Comments;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Tests.TestApp;
using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.GitHub.Comments;

public sealed class GitHubChannelTests
{
    [Fact]
    public async Task A_comment_whose_answer_was_lost_is_found_and_not_written_twice()
    {
        await using var rooms = await GitHubRooms.StartAsync();
        var repository = await RepositoryAsync(rooms);
        var item = Item(repository, "Hello.");
        Assert.IsType<Delivery.Sent>(await DeliverAsync(rooms, item));
        var parts = new List<long>();
        Assert.IsType<Delivery.Sent>(await rooms.Rooms.Get<IChannel>().DeliverAsync(item, id => { parts.Add(id); return Task.CompletedTask; }, default));
        Assert.Equal(Assert.Single(repository.Comments).Id, Assert.Single(parts));
    }

    [Fact]
    public async Task A_renamed_repository_is_found_by_its_number()
    {
        await using var rooms = await GitHubRooms.StartAsync();
        var repository = await RepositoryAsync(rooms);
        rooms.GitHub.Rename(repository, "octocat/renamed.github.io");
        Assert.IsType<Delivery.Sent>(await DeliverAsync(rooms, Item(repository, "Hello.")));
        Assert.Single(repository.Comments);
        Assert.Equal("octocat/renamed.github.io", await rooms.Rooms.ReadAsync<string>("select full_name from repositories"));
    }

    [Fact]
    public async Task A_secondary_rate_limit_is_obeyed_by_every_later_call_until_it_ends()
    {
        await using var rooms = await GitHubRooms.StartAsync();
        var repository = await RepositoryAsync(rooms);
        rooms.GitHub.Trouble.Fail(1, 403, """{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}""", on: "/comments", retryAfter: 90);
        Assert.Equal(TimeSpan.FromSeconds(90), Assert.IsType<Delivery.Later>(await DeliverAsync(rooms, Item(repository, "a"))).Delay);
        var calls = rooms.GitHub.Calls.Count;
        Assert.IsType<Delivery.Later>(await DeliverAsync(rooms, Item(repository, "b")));
        Assert.Equal(calls, rooms.GitHub.Calls.Count);
        rooms.Rooms.Time.Advance(TimeSpan.FromSeconds(91));
        Assert.IsType<Delivery.Sent>(await DeliverAsync(rooms, Item(repository, "b")));
    }

    [Fact]
    public async Task What_GitHub_refuses_is_judged_by_what_can_be_done()
    {
        await using var rooms = await GitHubRooms.StartAsync();
        var repository = await RepositoryAsync(rooms);
        rooms.GitHub.Trouble.Fail(1, 502, "<html>", on: "/comments", contentType: "text/html");
        Assert.IsType<Delivery.Later>(await DeliverAsync(rooms, Item(repository, "a")));
        repository.Locked.Add(7);
        Assert.IsType<Delivery.Unreachable>(await DeliverAsync(rooms, Item(repository, "a")));
        rooms.GitHub.Remove(repository);
        Assert.IsType<Delivery.Unreachable>(await DeliverAsync(rooms, Item(repository, "a")));
        Assert.IsType<Delivery.Refused>(await DeliverAsync(rooms, Item(repository, "a") with { EditsMessageId = 5 }));
        Assert.IsType<Delivery.Refused>(await DeliverAsync(rooms, Item(repository, "a") with { Address = "github:1#2" }));
    }

    private static async Task<GitHubRepository> RepositoryAsync(GitHubRooms rooms)
    {
        var repository = rooms.GitHub.AddRepository("octocat/demo-app");
        await rooms.Rooms.ExecuteAsync("insert into repositories (id, full_name, updated_at) values (@Id, @FullName, now())", new { repository.Id, repository.FullName });
        return repository;
    }

    private static Task<Delivery> DeliverAsync(GitHubRooms rooms, OutboxItem item) => rooms.Rooms.Get<IChannel>().DeliverAsync(item, _ => Task.CompletedTask, default);

    private static OutboxItem Item(GitHubRepository repository, string text) =>
        new(1, $"github:{repository.Id}#7", text, [], AsksForReply: false, [], EditsMessageId: null, 0) { Operation = Guid.NewGuid(), CreatedAt = TimeProvider.System.GetUtcNow() };
}
