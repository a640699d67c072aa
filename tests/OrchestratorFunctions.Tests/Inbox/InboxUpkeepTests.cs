using Moq;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Tests.TestApp;
using static OrchestratorFunctions.Tests.TestApp.ProjectSetup;

namespace OrchestratorFunctions.Tests.Inbox;

public sealed class InboxUpkeepTests
{
    [Fact]
    public async Task A_conversation_that_nobody_took_up_is_found_after_its_time()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AcceptAsync(rooms, "one", "a:1");
        await AcceptAsync(rooms, "two", "a:1");
        Assert.Empty(await StaleAsync(rooms));
        rooms.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["a:1"], await StaleAsync(rooms));
        await rooms.ExecuteAsync("update inbox set not_before = @later", new { later = rooms.Time.GetUtcNow().AddSeconds(1) });
        Assert.Empty(await StaleAsync(rooms));
        rooms.Time.Advance(TimeSpan.FromSeconds(1));
        await rooms.ExecuteAsync("update inbox set status = 'DONE', finished_at = now()");
        Assert.Empty(await StaleAsync(rooms));
    }

    [Fact]
    public async Task The_key_of_a_finished_row_is_kept_for_30_days_and_an_unfinished_row_for_ever()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AcceptAsync(rooms, "done", "a:1");
        await rooms.ExecuteAsync("update inbox set status = 'DONE', finished_at = @now", new { now = rooms.Time.GetUtcNow() });
        await AcceptAsync(rooms, "parked", "a:1");
        await rooms.ExecuteAsync("update inbox set status = 'PARKED', finished_at = @now where status = 'OPEN'", new { now = rooms.Time.GetUtcNow() });
        await AcceptAsync(rooms, "open", "a:1");

        rooms.Time.Advance(TimeSpan.FromDays(30));
        await rooms.Get<InboxUpkeep>().ForgetOldAsync(default);
        Assert.Equal(3L, await rooms.ReadAsync<long>("select count(*) from inbox"));
        rooms.Time.Advance(TimeSpan.FromSeconds(1));
        await rooms.Get<InboxUpkeep>().ForgetOldAsync(default);
        Assert.Equal(["open", "parked"], await rooms.ListAsync<string>("select payload ->> 'text' as text from inbox order by text"));
    }

    [Fact]
    public async Task A_parked_row_gets_another_turn_or_is_given_up_and_no_other_row_does()
    {
        await using var rooms = await Rooms.CreateAsync();
        var upkeep = rooms.Get<InboxUpkeep>();
        await AcceptAsync(rooms, "one", "a:1");
        var id = await rooms.ReadAsync<long>("select id from inbox");
        Assert.False(await upkeep.ReplayAsync(id, default));
        Assert.False(await upkeep.DropAsync(id, default));

        await ParkAsync(rooms, id);
        var summary = Assert.Single(await upkeep.ListAsync("PARKED", default));
        Assert.Equal((id, "PARKED", "TEXT", "a:1", "why"), (summary.Id, summary.Status, summary.Kind, summary.Address, summary.Error));
        Assert.True(await upkeep.ReplayAsync(id, default));
        Assert.False(await upkeep.ReplayAsync(id, default));
        Assert.Equal(("OPEN", 0), ((await upkeep.FindAsync(id, default))!.Status, (await upkeep.FindAsync(id, default))!.Attempts));

        await ParkAsync(rooms, id);
        Assert.True(await upkeep.DropAsync(id, default));
        Assert.Equal("DONE", (await upkeep.FindAsync(id, default))!.Status);
        Assert.Null(await upkeep.FindAsync(id + 1, default));
    }

    [Fact]
    public async Task The_sweep_nudges_the_mailbox_of_a_stale_conversation()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AcceptAsync(rooms, "one", "a:1");
        rooms.Time.Advance(TimeSpan.FromSeconds(5));
        await new InboxSweep(rooms.Get<InboxUpkeep>(), rooms.Get<OrchestratorFunctions.Operations.Wakeups>(), rooms.Time).SweepAsync(default);
        rooms.Hub.Verify(hub => hub.RaiseEventAsync("conversation:a:1", "nudge", null, It.IsAny<CancellationToken>()), Times.Once);
    }

    private static Task<bool> AcceptAsync(Rooms rooms, string text, string address) =>
        rooms.DoAsync(connection => rooms.Get<InboxStore>().AcceptAsync(connection, Delivery(DeliveryKind.Text, text, address: address), default));

    private static Task ParkAsync(Rooms rooms, long id) => rooms.DoAsync(connection => rooms.Get<InboxStore>().ParkAsync(connection, id, "why", default));

    private static Task<IReadOnlyList<string>> StaleAsync(Rooms rooms) => rooms.Get<InboxUpkeep>().StaleAddressesAsync(TimeSpan.FromSeconds(5), default);
}
