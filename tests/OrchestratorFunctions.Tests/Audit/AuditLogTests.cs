using System.Security.Cryptography;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Audit;

public sealed class AuditLogTests
{
    [Fact]
    public async Task Every_entry_carries_the_hash_of_itself_and_of_the_one_before()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AppendAsync(rooms, 1);
        await AppendAsync(rooms, 2);
        Assert.Null(await BrokenAtAsync(rooms));
        Assert.Equal([1L, 2L], await rooms.ListAsync<long>("select id from audit_entries order by id"));
    }

    [Fact]
    public async Task Words_of_any_kind_are_read_back_as_they_were_hashed()
    {
        await using var rooms = await Rooms.CreateAsync();
        await rooms.DoAsync(connection => rooms.Get<AuditLog>().AppendAsync(
            connection, new AuditEntry("said", "telegram:1", Guid.NewGuid(), new { text = "\"quoted\" \\ <b>ö</b> 🍞 \u0001 \0\r\n", number = 1.10m, none = (string?)null }, AuditEntry.Denied), default));
        Assert.Null(await BrokenAtAsync(rooms));
    }

    [Theory]
    [InlineData("update audit_entries set actor = 'telegram:2' where id = 3", 3)]
    [InlineData("update audit_entries set details = '{\"number\": 3}' where id = 3", 3)]
    [InlineData("update audit_entries set at = at + interval '1 microsecond' where id = 1", 1)]
    [InlineData("update audit_entries set result = 'denied' where id = 5", 5)]
    [InlineData("update audit_entries set project_id = gen_random_uuid() where id = 2", 2)]
    [InlineData("delete from audit_entries where id = 3", 4)]
    [InlineData("update audit_entries set hash = sha256('') where id = 2", 2)]
    public async Task A_row_that_was_changed_or_taken_away_shows(string sql, int brokenAt)
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var number = 1; number <= 5; number++)
        {
            await AppendAsync(rooms, number);
        }

        await rooms.ExecuteAsync("alter table audit_entries disable trigger all");
        await rooms.ExecuteAsync(sql);
        Assert.Equal(brokenAt, await BrokenAtAsync(rooms));
    }

    [Fact]
    public async Task Many_who_append_at_once_make_one_chain()
    {
        await using var rooms = await Rooms.CreateAsync();
        await Race.RunAsync(12, async runner =>
        {
            for (var number = 0; number < 10; number++)
            {
                await AppendAsync(rooms, (runner * 100) + number);
            }

            return true;
        });
        Assert.Equal(120L, await rooms.ReadAsync<long>("select max(id) from audit_entries"));
        Assert.Null(await BrokenAtAsync(rooms));
    }

    [Fact]
    public async Task What_is_rolled_back_leaves_no_gap()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AppendAsync(rooms, 1);
        await Assert.ThrowsAsync<InvalidDataException>(() => rooms.DoAsync(async connection =>
        {
            await rooms.Get<AuditLog>().AppendAsync(connection, Entry(2), default);
            throw new InvalidDataException();
        }));
        await AppendAsync(rooms, 3);
        Assert.Equal([1L, 2L], await rooms.ListAsync<long>("select id from audit_entries order by id"));
        Assert.Null(await BrokenAtAsync(rooms));
    }

    [Fact]
    public void A_boundary_between_fields_cannot_be_moved()
    {
        var at = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.False(CryptographicOperations.FixedTimeEquals(
            AuditLog.Hash(1, at, new AuditEntry("ab", "c", null, ""), "", null), AuditLog.Hash(1, at, new AuditEntry("a", "bc", null, ""), "", null)));
    }

    private static AuditEntry Entry(int number) => new("counted", Rooms.Ada, null, new { number });

    private static Task AppendAsync(Rooms rooms, int number) => rooms.DoAsync(connection => rooms.Get<AuditLog>().AppendAsync(connection, Entry(number), default));

    /// <summary>Recomputes the chain from what is stored; the first id that does not fit, or null.</summary>
    private static async Task<long?> BrokenAtAsync(Rooms rooms)
    {
        byte[]? previous = null;
        var expected = 1L;
        foreach (var row in await rooms.ListAsync<Row>("select id, at, action, actor, project_id, details::text as details, result, previous_hash, hash from audit_entries order by id"))
        {
            var hash = AuditLog.Hash(row.Id, row.At, new AuditEntry(row.Action, row.Actor, row.ProjectId, "", row.Result), row.Details, previous);
            if (row.Id != expected++ || !hash.AsSpan().SequenceEqual(row.Hash) || !(previous ?? []).AsSpan().SequenceEqual(row.PreviousHash ?? []))
            {
                return row.Id;
            }

            previous = row.Hash;
        }

        return null;
    }

    private sealed class Row
    {
        public long Id { get; init; }

        public DateTimeOffset At { get; init; }

        public string Action { get; init; } = "";

        public string Actor { get; init; } = "";

        public Guid? ProjectId { get; init; }

        public string Details { get; init; } = "";

        public string Result { get; init; } = "";

        public byte[]? PreviousHash { get; init; }

        public byte[] Hash { get; init; } = [];
    }
}
