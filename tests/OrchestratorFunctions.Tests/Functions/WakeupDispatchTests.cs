using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using OrchestratorFunctions.Functions;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.GitHub.Webhook;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Tests.GitHub;
using TestKit.GitHub;

namespace OrchestratorFunctions.Tests.Functions;

public sealed class WakeupDispatchTests
{
    [Fact]
    public async Task Where_no_loop_may_run_what_GitHub_delivered_is_handled_by_who_takes_the_nudge_and_what_waits_is_left()
    {
        await using var rooms = await GitHubRooms.StartAsync();
        var (soon, later) = (await DeliverAsync(rooms, 7), await DeliverAsync(rooms, 8));
        await rooms.Rooms.ExecuteAsync("update github_deliveries set not_before = not_before + interval '1 hour' where queue = @later", new { later });
        var messages = new List<string>();
        var queue = new Mock<IWakeupQueue>();
        queue.Setup(one => one.PutAsync(It.IsAny<QueuedWakeup>(), It.IsAny<CancellationToken>())).Callback((QueuedWakeup nudge, CancellationToken _) => messages.Add(nudge.ToJson())).Returns(Task.CompletedTask);
        var nudge = new EventNudge(NullLogger<EventNudge>.Instance, queue.Object);
        await nudge.ForAsync(soon);
        await nudge.ForAsync(later);

        // Nobody reads what is put there.
        Assert.False(nudge.Queues.TryPeek(out _));
        var dispatch = new WakeupDispatch(rooms.Rooms.Get<Wakeups>(), rooms.Rooms.Get<EventQueue>());
        foreach (var message in messages.Concat(messages))
        {
            await dispatch.RunAsync(QueuedWakeup.Read(message), default);
        }

        Assert.Equal([$"{soon} DONE", $"{later} OPEN"], await rooms.Rooms.ListAsync<string>("select queue || ' ' || status from github_deliveries order by id"));
        Assert.Equal(1L, await rooms.Rooms.ReadAsync<long>("select count(*) from inbox"));
    }

    [Fact]
    public async Task A_nudge_that_was_lost_costs_the_delivery_nothing_and_the_sweep_repeats_it()
    {
        await using var rooms = await GitHubRooms.StartAsync();
        var delivered = await DeliverAsync(rooms, 7);
        var queue = new Mock<IWakeupQueue>();
        queue.SetupSequence(one => one.PutAsync(new QueuedWakeup(null, null, delivered), It.IsAny<CancellationToken>())).ThrowsAsync(new TimeoutException()).Returns(Task.CompletedTask);
        var nudge = new EventNudge(NullLogger<EventNudge>.Instance, queue.Object);
        await nudge.ForAsync(delivered);
        await new EventSweep(rooms.Rooms.Get<DeliveryStore>(), nudge, rooms.Rooms.Time).SweepAsync(default);
        queue.Verify(one => one.PutAsync(new QueuedWakeup(null, null, delivered), It.IsAny<CancellationToken>()), Times.Exactly(2));
    }

    private static async Task<string> DeliverAsync(GitHubRooms rooms, int number)
    {
        var repository = rooms.GitHub.AddRepository("octocat/demo-app");
        repository.Permissions["ada"] = "write";
        using var ada = new GitHubPerson(rooms.GitHub, repository, new Uri("http://127.0.0.1:1"));
        var body = Encoding.UTF8.GetBytes(ada.CommentPayload(number, "@orchestrator /status").ToJsonString());
        var payload = Payload.Read(body);
        var delivery = new NewDelivery($"guid-{number}", SHA256.HashData(body), DeliverySubject.KeyOf("issue_comment", payload), "issue_comment", "created", DeliverySubject.QueueOf(payload), payload.Write(), null);
        await rooms.Rooms.Get<DeliveryStore>().AcceptAsync(delivery, default);
        return delivery.Queue;
    }
}
