using DurableTask;
using Microsoft.Extensions.DependencyInjection;
using Moq;
using Npgsql;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Tests.TestApp;
using static OrchestratorFunctions.Tests.TestApp.ProjectSetup;

namespace OrchestratorFunctions.Tests.Inbox;

public sealed class IntakeTests
{
    [Fact]
    public async Task A_repeated_press_hears_the_answer_of_the_first_and_does_nothing()
    {
        var counter = new CountingAnswerer();
        await using var rooms = await Rooms.CreateAsync(services => services.AddSingleton<IAnsweredAtOnce>(counter));
        var press = Delivery(DeliveryKind.Command, "/count");
        Assert.Equal("number 1", await ReceiveAsync(rooms, press));
        Assert.Equal("number 1", await ReceiveAsync(rooms, press));
        Assert.Equal("number 2", await ReceiveAsync(rooms, Delivery(DeliveryKind.Command, "/count")));
        Assert.Equal(2, counter.Count);
        rooms.Hub.Verify(hub => hub.RaiseEventAsync("x", "happened", null, It.IsAny<CancellationToken>()), Times.Exactly(2));
    }

    [Fact]
    public async Task Five_repeats_at_once_are_one_press_with_one_answer()
    {
        var counter = new CountingAnswerer();
        await using var rooms = await Rooms.CreateAsync(services => services.AddSingleton<IAnsweredAtOnce>(counter));
        for (var round = 1; round <= 10; round++)
        {
            var press = Delivery(DeliveryKind.Command, "/count");
            var answers = await Race.RunAsync(5, _ => ReceiveAsync(rooms, press));
            Assert.All(answers, answer => Assert.Equal($"number {round}", answer));
        }

        Assert.Equal(10L, await rooms.ReadAsync<long>("select count(*) from inbox where status = 'DONE'"));
    }

    [Fact]
    public async Task What_fails_is_not_stored_and_may_be_sent_again()
    {
        var counter = new CountingAnswerer { Fails = true };
        await using var rooms = await Rooms.CreateAsync(services => services.AddSingleton<IAnsweredAtOnce>(counter));
        var press = Delivery(DeliveryKind.Command, "/count");
        await Assert.ThrowsAsync<TimeoutException>(() => ReceiveAsync(rooms, press));
        Assert.Equal(0L, await rooms.ReadAsync<long>("select count(*) from inbox"));
        counter.Fails = false;
        Assert.Equal("number 1", await ReceiveAsync(rooms, press));
    }

    [Fact]
    public async Task Words_are_queued_and_their_mailbox_is_started_and_nudged()
    {
        await using var rooms = await Rooms.CreateAsync();
        Assert.Null(await ReceiveAsync(rooms, Delivery(DeliveryKind.Text, "an idea")));
        Assert.Equal("OPEN", await rooms.ReadAsync<string>("select status from inbox"));
        rooms.Hub.Verify(hub => hub.ScheduleNewOrchestrationInstanceAsync(
            new TaskName("ConversationOrchestrator"), Rooms.Chat, new StartOrchestrationOptions($"conversation:{Rooms.Chat}", null), It.IsAny<CancellationToken>()));
        rooms.Hub.Verify(hub => hub.RaiseEventAsync($"conversation:{Rooms.Chat}", "nudge", null, It.IsAny<CancellationToken>()));
    }

    [Fact]
    public async Task A_lost_nudge_does_not_lose_the_delivery()
    {
        await using var rooms = await Rooms.CreateAsync();
        rooms.Hub.Setup(hub => hub.RaiseEventAsync(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<object?>(), It.IsAny<CancellationToken>())).ThrowsAsync(new NpgsqlException("gone"));
        await ReceiveAsync(rooms, Delivery(DeliveryKind.Text, "an idea"));
        Assert.Equal(1L, await rooms.ReadAsync<long>("select count(*) from inbox where status = 'OPEN'"));
    }

    [Fact]
    public async Task Who_writes_is_remembered_and_is_spoken_to_again()
    {
        await using var rooms = await Rooms.CreateAsync();
        await rooms.DoAsync(connection => rooms.Get<OutboxStore>().ParkAddressAsync(connection, Rooms.Chat, "blocked", default));
        await ReceiveAsync(rooms, Delivery(DeliveryKind.Text, "hello"));
        await rooms.Get<Intake>().ReceiveAsync(Delivery(DeliveryKind.Text, "hello"), "Ada L.", default);
        Assert.Equal("Ada L.", await rooms.ReadAsync<string>("select name from people"));
        Assert.Equal(0L, await rooms.ReadAsync<long>("select count(*) from parked_addresses"));
    }

    private static Task<string?> ReceiveAsync(Rooms rooms, IncomingDelivery delivery) => rooms.Get<Intake>().ReceiveAsync(delivery, "Ada", default);

    private sealed class CountingAnswerer : IAnsweredAtOnce
    {
        public int Count { get; private set; }

        public bool Fails { get; set; }

        public bool Takes(IncomingDelivery delivery) => delivery.Text == "/count";

        public Task<InstantAnswer> AnswerAsync(NpgsqlConnection connection, IncomingDelivery delivery, CancellationToken cancellationToken) => Fails
            ? throw new TimeoutException()
            : Task.FromResult(new InstantAnswer($"number {++Count}", new Wakeup("x", "happened")));
    }
}
