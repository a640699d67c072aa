using System.Text;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.GitHub.Webhook;
using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.GitHub.Events;

public sealed class PermissionsTests
{
    private const string Refused = "may not write in this repository";

    [Fact]
    public async Task Who_loses_the_right_commands_nothing_from_then_on_whatever_was_known_of_them()
    {
        await using var rooms = await GitHubRooms.StartAsync();
        var repository = rooms.GitHub.AddRepository("octocat/demo-app");
        repository.Permissions["ada"] = "write";
        Assert.Null(await SayAsync(rooms, repository, "hello"));
        Assert.Null(await SayAsync(rooms, repository, "/status"));
        Assert.Equal("github:5001", await rooms.Rooms.ReadAsync<string>("select person from repository_writers"));

        repository.Permissions["ada"] = "none";
        Assert.Equal(Refused, await SayAsync(rooms, repository, "/approve"));
        Assert.Equal(Refused, await SayAsync(rooms, repository, "hello again"));
        Assert.Equal(0L, await rooms.Rooms.ReadAsync<long>("select count(*) from repository_writers"));
    }

    [Fact]
    public async Task For_talk_a_yes_is_kept_for_half_a_minute_and_for_all_a_no_for_some_seconds()
    {
        await using var rooms = await GitHubRooms.StartAsync();
        var repository = rooms.GitHub.AddRepository("octocat/demo-app");
        repository.Permissions["ada"] = "write";
        Assert.Null(await SayAsync(rooms, repository, "hello"));
        repository.Permissions["ada"] = "read";
        Assert.Null(await SayAsync(rooms, repository, "still kept"));
        rooms.Rooms.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(Refused, await SayAsync(rooms, repository, "not any more"));

        repository.Permissions["ada"] = "write";
        Assert.Equal(Refused, await SayAsync(rooms, repository, "/status"));
        Assert.Equal(2, Asked(rooms));
        rooms.Rooms.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Null(await SayAsync(rooms, repository, "/status"));
        Assert.Equal(3, Asked(rooms));
    }

    private static int Asked(GitHubRooms rooms) => rooms.GitHub.Calls.Count(call => call.Path.EndsWith("/permission", StringComparison.Ordinal));

    private static async Task<string?> SayAsync(GitHubRooms rooms, GitHubRepository repository, string words)
    {
        using var ada = new GitHubPerson(rooms.GitHub, repository, new Uri("http://127.0.0.1:1"));
        var payload = ada.CommentPayload(7, $"@orchestrator {words}").ToJsonString();
        return await rooms.Rooms.Get<EventHandling>().HandleAsync(
            new StoredDelivery(1, Guid.NewGuid().ToString(), "issue_comment", payload, 1, rooms.Rooms.Time.GetUtcNow(), default),
            rooms.Rooms.Get<EventReader>().Read("issue_comment", Payload.Read(Encoding.UTF8.GetBytes(payload))), default);
    }
}
