using Microsoft.Extensions.Logging.Abstractions;
using OrchestratorFunctions.Operations.Telemetry;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Outbox;

public sealed class OutboxSenderTests
{
    private readonly RecordingChannel channel = new();

    [Fact]
    public async Task Two_senders_say_what_each_address_has_waiting_once_and_in_order_and_never_both_at_one_address()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < 5; round++)
        {
            foreach (var number in Enumerable.Range(0, 8))
            {
                await AppendAsync(rooms, $"{round}-{number}", $"chat:{number % 2}");
            }

            await Race.RunAsync(4, async index =>
            {
                await Sender(rooms).SendDueAsync($"chat:{index % 2}", default);
                return true;
            });
        }

        foreach (var address in new[] { 0, 1 })
        {
            var expected = from round in Enumerable.Range(0, 5) from number in Enumerable.Range(0, 8) where number % 2 == address select $"chat:{address} {round}-{number}";
            Assert.Equal(expected, channel.Said.Where(line => line.StartsWith($"chat:{address}", StringComparison.Ordinal)));
        }

        Assert.Empty(channel.Interrupted);
        Assert.Equal(0L, await rooms.ReadAsync<long>("select count(*) from outbox where status <> 'SENT'"));
    }

    [Fact]
    public async Task Nothing_that_is_appended_while_another_sends_is_left_behind()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < 20; round++)
        {
            await Race.RunAsync(3, async index =>
            {
                await AppendAsync(rooms, $"{round}-{index}", "chat:1");
                await Sender(rooms).SendDueAsync("chat:1", default);
                return true;
            });
            Assert.Equal((round + 1) * 3, channel.Said.Count);
        }
    }

    [Fact]
    public async Task A_domain_key_is_said_once()
    {
        await using var rooms = await Rooms.CreateAsync();
        await Race.RunAsync(5, async index =>
        {
            await rooms.SayAsync(new OutboxMessage("chat:1", "gate:1:announce", $"try{index}"));
            await Sender(rooms).SendDueAsync("chat:1", default);
            return true;
        });
        await rooms.SayAsync(new OutboxMessage("chat:1", "gate:1:announce", "again"));
        await Sender(rooms).SendDueAsync("chat:1", default);
        Assert.Single(channel.Said);
    }

    [Fact]
    public async Task What_a_vendor_asks_to_wait_is_waited_and_the_order_is_kept()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AppendAsync(rooms, "one", "chat:1");
        await AppendAsync(rooms, "two", "chat:1");
        channel.Judge = item => item.Attempts == 0 && item.Markdown == "one" ? new Delivery.Later("429", TimeSpan.FromSeconds(30)) : null;
        await Sender(rooms).SendDueAsync("chat:1", default);
        rooms.Time.Advance(TimeSpan.FromSeconds(29));
        await Sender(rooms).SendDueAsync("chat:1", default);
        Assert.Empty(channel.Said);
        Assert.Empty(await DueAsync(rooms));
        rooms.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["chat:1"], await DueAsync(rooms));
        await Sender(rooms).SendDueAsync("chat:1", default);
        Assert.Equal(["chat:1 one", "chat:1 two"], channel.Said);
    }

    [Fact]
    public async Task Without_a_wish_of_the_vendor_the_wait_doubles_up_to_five_minutes()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AppendAsync(rooms, "one", "chat:1");
        channel.Judge = _ => new Delivery.Later("502");
        var waits = new List<double>();
        for (var attempt = 0; attempt < 12; attempt++)
        {
            await Sender(rooms).SendDueAsync("chat:1", default);
            waits.Add(Math.Round(await rooms.ReadAsync<double>("select extract(epoch from not_before - @now)::float8 from outbox", new { now = rooms.Time.GetUtcNow() })));
            rooms.Time.Advance(TimeSpan.FromSeconds(waits[^1]));
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300], waits);
    }

    [Fact]
    public async Task A_message_that_is_refused_for_good_does_not_block_the_next()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AppendAsync(rooms, "bad", "chat:1");
        await AppendAsync(rooms, "good", "chat:1");
        channel.Judge = item => item.Markdown == "bad" ? new Delivery.Refused("400") : null;
        await Sender(rooms).SendDueAsync("chat:1", default);
        Assert.Equal(["chat:1 good"], channel.Said);
        Assert.Equal("400", await rooms.ReadAsync<string>("select error from outbox where status = 'PARKED'"));
    }

    [Fact]
    public async Task An_address_where_nobody_listens_is_left_alone_until_it_writes_again()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AppendAsync(rooms, "one", "chat:1");
        var tries = 0;
        channel.Judge = _ => tries++ == 0 ? new Delivery.Unreachable("403") : null;
        await Sender(rooms).SendDueAsync("chat:1", default);
        await AppendAsync(rooms, "two", "chat:1");
        rooms.Time.Advance(TimeSpan.FromDays(1));
        await Sender(rooms).SendDueAsync("chat:1", default);
        Assert.Equal(1, tries);
        Assert.Empty(await DueAsync(rooms));

        await rooms.DoAsync(connection => rooms.Get<OutboxStore>().UnparkAddressAsync(connection, "chat:1", default));
        await Sender(rooms).SendDueAsync("chat:1", default);
        Assert.Equal(["chat:1 one", "chat:1 two"], channel.Said);
    }

    [Fact]
    public async Task A_crash_between_parts_repeats_at_most_the_part_in_flight()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AppendAsync(rooms, "a b c", "chat:1");
        channel.AfterPart = word =>
        {
            if (word == "b")
            {
                throw new InvalidOperationException("killed");
            }
        };
        await Assert.ThrowsAsync<InvalidOperationException>(() => Sender(rooms).SendDueAsync("chat:1", default));
        channel.AfterPart = _ => { };
        await Sender(rooms).SendDueAsync("chat:1", default);
        Assert.Equal(["chat:1 a", "chat:1 b", "chat:1 b", "chat:1 c"], channel.Said);
    }

    [Fact]
    public async Task An_edit_goes_to_the_last_part_of_the_message_that_it_names()
    {
        await using var rooms = await Rooms.CreateAsync();
        await rooms.SayAsync(new OutboxMessage("chat:1", "question", "a b"));
        await rooms.SayAsync(new OutboxMessage("chat:1", "answered", "done") { EditsDomainKey = "question" });
        await rooms.SayAsync(new OutboxMessage("chat:1", "lost", "new") { EditsDomainKey = "never said" });
        await Sender(rooms).SendDueAsync("chat:1", default);
        Assert.Equal(["chat:1 a", "chat:1 b", "chat:1 edits 2: done", "chat:1 new"], channel.Said);
    }

    [Fact]
    public async Task Messages_of_a_channel_that_is_off_wait_for_it()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AppendAsync(rooms, "one", "fax:1");
        await Sender(rooms).SendDueAsync("fax:1", default);
        Assert.Equal("PENDING", await rooms.ReadAsync<string>("select status from outbox"));
    }

    private static Task AppendAsync(Rooms rooms, string text, string address) => rooms.SayAsync(new OutboxMessage(address, $"test:{text}", text));

    private static Task<IReadOnlyList<string>> DueAsync(Rooms rooms) => rooms.DoAsync(connection => rooms.Get<OutboxStore>().DueAddressesAsync(connection, default));

    private OutboxSender Sender(Rooms rooms) => new(rooms.DataSource, rooms.Get<OutboxStore>(), [channel], rooms.Get<AppMetrics>(), NullLogger<OutboxSender>.Instance);
}
