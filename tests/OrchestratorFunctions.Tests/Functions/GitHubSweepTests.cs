using System.Security.Cryptography;
using System.Text;
using OrchestratorFunctions.Functions;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.GitHub.Webhook;
using OrchestratorFunctions.Tests.GitHub;
using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.Functions;

public sealed class GitHubSweepTests
{
    [Fact]
    public async Task Where_no_loop_may_run_the_clock_handles_what_was_delivered_and_what_waits_is_left()
    {
        await using var rooms = await GitHubRooms.StartAsync();
        var repository = rooms.GitHub.AddRepository("octocat/demo-app");
        repository.Permissions["ada"] = "write";
        using var ada = new GitHubPerson(rooms.GitHub, repository, new Uri("http://127.0.0.1:1"));
        foreach (var number in new[] { 7, 8 })
        {
            var body = Encoding.UTF8.GetBytes(ada.CommentPayload(number, "@orchestrator /status").ToJsonString());
            var payload = Payload.Read(body);
            await rooms.Rooms.Get<DeliveryStore>().AcceptAsync(
                new NewDelivery($"guid-{number}", SHA256.HashData(body), DeliverySubject.KeyOf("issue_comment", payload), "issue_comment", "created", DeliverySubject.QueueOf(payload), payload.Write(), null), default);
        }

        await rooms.Rooms.ExecuteAsync("update github_deliveries set not_before = not_before + interval '1 hour' where delivery_id = 'guid-8'");
        var sweep = new GitHubSweep(rooms.Rooms.Get<DeliveryStore>(), rooms.Rooms.Get<EventQueue>());
        await sweep.SweepAsync(default);
        await sweep.SweepAsync(default);
        Assert.Equal(["guid-7 DONE", "guid-8 OPEN"], await rooms.Rooms.ListAsync<string>("select delivery_id || ' ' || status from github_deliveries order by id"));
        Assert.Equal(1L, await rooms.Rooms.ReadAsync<long>("select count(*) from inbox"));
    }
}
