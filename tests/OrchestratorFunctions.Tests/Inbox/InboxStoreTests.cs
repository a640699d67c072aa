using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Tests.TestApp;
using static OrchestratorFunctions.Tests.TestApp.ProjectSetup;

namespace OrchestratorFunctions.Tests.Inbox;

public sealed class InboxStoreTests
{
    [Fact]
    public async Task A_delivery_is_stored_once_however_often_it_comes_at_once()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < 10; round++)
        {
            var delivery = Delivery(DeliveryKind.Text, "hello");
            var stored = await Race.RunAsync(5, _ => rooms.DoAsync(connection => rooms.Get<InboxStore>().AcceptAsync(connection, delivery, default)));
            Assert.Single(stored, true);
        }

        Assert.Equal(10L, await rooms.ReadAsync<long>("select count(*) from inbox"));
    }

    [Fact]
    public async Task The_same_number_from_another_source_is_another_delivery()
    {
        await using var rooms = await Rooms.CreateAsync();
        var delivery = Delivery(DeliveryKind.Text, "hello");
        Assert.True(await AcceptAsync(rooms, delivery));
        Assert.True(await AcceptAsync(rooms, delivery with { Source = "telegram:8" }));
        Assert.False(await AcceptAsync(rooms, delivery with { Text = "something else" }));
    }

    [Fact]
    public async Task Rows_are_claimed_oldest_first_and_only_those_of_the_conversation()
    {
        await using var rooms = await Rooms.CreateAsync();
        foreach (var (text, address) in new[] { ("one", "a:1"), ("other", "a:2"), ("two", "a:1") })
        {
            await AcceptAsync(rooms, Delivery(DeliveryKind.Text, text, address: address));
        }

        var first = (await ClaimAsync(rooms, "a:1"))!;
        Assert.Equal(("one", 1, TimeSpan.Zero), (first.Row.Text, first.Row.Attempts, first.DueIn));
        Assert.Equal(("one", 2), ((await ClaimAsync(rooms, "a:1"))!.Row.Text, (await ReadAttemptsAsync(rooms, first.Row.Id))));
        Assert.True(await DoneAsync(rooms, first.Row.Id));
        Assert.Equal("two", (await ClaimAsync(rooms, "a:1"))!.Row.Text);
        Assert.Equal("other", (await ClaimAsync(rooms, "a:2"))!.Row.Text);
        Assert.Null(await ClaimAsync(rooms, "a:3"));
    }

    [Fact]
    public async Task Of_two_runs_of_one_row_one_is_done()
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var round = 0; round < 10; round++)
        {
            await AcceptAsync(rooms, Delivery(DeliveryKind.Text, "hello"));
            var row = (await ClaimAsync(rooms, Rooms.Chat))!.Row;
            Assert.Single(await Race.RunAsync(4, _ => DoneAsync(rooms, row.Id)), true);
        }
    }

    [Fact]
    public async Task A_row_that_waits_keeps_the_later_ones_waiting()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AcceptAsync(rooms, Delivery(DeliveryKind.Text, "one"));
        await AcceptAsync(rooms, Delivery(DeliveryKind.Text, "two"));
        var row = (await ClaimAsync(rooms, Rooms.Chat))!.Row;
        await rooms.DoAsync(connection => rooms.Get<InboxStore>().RetryLaterAsync(connection, row.Id, TimeSpan.FromSeconds(10), "TimeoutException", default));

        rooms.Time.Advance(TimeSpan.FromSeconds(4));
        var early = (await ClaimAsync(rooms, Rooms.Chat))!;
        Assert.Equal(("one", TimeSpan.FromSeconds(6), 1), (early.Row.Text, Round(early.DueIn), early.Row.Attempts));
        rooms.Time.Advance(TimeSpan.FromSeconds(6));
        var due = (await ClaimAsync(rooms, Rooms.Chat))!;
        Assert.Equal(("one", TimeSpan.Zero, 2), (due.Row.Text, due.DueIn, due.Row.Attempts));
    }

    [Fact]
    public async Task Waiting_for_a_vendor_does_not_count_as_an_attempt()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AcceptAsync(rooms, Delivery(DeliveryKind.Text, "one"));
        for (var outage = 0; outage < 20; outage++)
        {
            var claim = (await ClaimAsync(rooms, Rooms.Chat))!;
            Assert.Equal((1, TimeSpan.Zero), (claim.Row.Attempts, claim.DueIn));
            await rooms.DoAsync(connection => rooms.Get<InboxStore>().WaitForVendorAsync(connection, claim.Row.Id, TimeSpan.FromSeconds(2), "the model is not available", default));
            rooms.Time.Advance(TimeSpan.FromSeconds(2));
        }
    }

    [Fact]
    public async Task A_row_that_is_set_aside_lets_the_later_ones_go_on()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AcceptAsync(rooms, Delivery(DeliveryKind.Text, "one"));
        await AcceptAsync(rooms, Delivery(DeliveryKind.Text, "two"));
        var row = (await ClaimAsync(rooms, Rooms.Chat))!.Row;
        await rooms.DoAsync(connection => rooms.Get<InboxStore>().ParkAsync(connection, row.Id, "NullReferenceException", default));
        Assert.Equal("two", (await ClaimAsync(rooms, Rooms.Chat))!.Row.Text);
        Assert.False(await DoneAsync(rooms, row.Id));
    }

    [Theory]
    [InlineData("a\0b\0", "ab")]
    [InlineData("\"quotes\" \\ \u0001 🍞 <script>", "\"quotes\" \\ \u0001 🍞 <script>")]
    [InlineData("", "")]
    public async Task Words_come_back_as_they_were_said_but_for_NUL(string said, string read)
    {
        await using var rooms = await Rooms.CreateAsync();
        await AcceptAsync(rooms, Delivery(DeliveryKind.Text, said));
        Assert.Equal(read, (await ClaimAsync(rooms, Rooms.Chat))!.Row.Text);
    }

    private static Task<bool> AcceptAsync(Rooms rooms, IncomingDelivery delivery) => rooms.DoAsync(connection => rooms.Get<InboxStore>().AcceptAsync(connection, delivery, default));

    private static Task<Claim?> ClaimAsync(Rooms rooms, string address) => rooms.DoAsync(connection => rooms.Get<InboxStore>().ClaimOldestAsync(connection, address, default));

    private static Task<bool> DoneAsync(Rooms rooms, long id) => rooms.DoAsync(connection => rooms.Get<InboxStore>().DoneAsync(connection, id, default));

    private static Task<int> ReadAttemptsAsync(Rooms rooms, long id) => rooms.ReadAsync<int>("select attempts from inbox where id = @id", new { id });

    // The stored time has lost its last tenth of a microsecond.
    private static TimeSpan Round(TimeSpan span) => TimeSpan.FromMilliseconds(Math.Round(span.TotalMilliseconds));
}
