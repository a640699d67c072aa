using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Audit.Trail;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Audit;

/// <summary>Entries of the version that had one chain for everything: over the migration, and while that version still serves.</summary>
public sealed class FirstChainTests
{
    private static readonly Guid Bakery = Guid.Parse("11111111-1111-1111-1111-111111111111");

    [Fact]
    public async Task Entries_from_before_stay_verifiable_up_down_and_up_again()
    {
        await using var rooms = await Rooms.CreateAsync();
        await DownToFirstChainAsync(rooms);
        await OldAppendAsync(rooms, 3);
        await UpAsync(rooms);
        await NewAppendAsync(rooms, 2);
        Assert.Equal((6L, 3, ""), await VerifyAsync(rooms));

        await DownToFirstChainAsync(rooms);
        await OldAppendAsync(rooms, 1);
        await UpAsync(rooms);
        Assert.Equal((4L, 1, ""), await VerifyAsync(rooms));
    }

    [Fact]
    public async Task The_old_version_goes_on_appending_beside_the_new_one()
    {
        await using var rooms = await Rooms.CreateAsync();
        await DownToFirstChainAsync(rooms);
        await OldAppendAsync(rooms, 2);
        await UpAsync(rooms);
        for (var round = 0; round < 3; round++)
        {
            await NewAppendAsync(rooms, 1);
            await OldAppendAsync(rooms, 2);
        }

        Assert.Equal((12L, 3, ""), await VerifyAsync(rooms));
        await TamperAsync(rooms, "update audit_entries set actor = 'telegram:2' where id = (select max(id) from audit_entries)");
        Assert.Contains("changed", (await VerifyAsync(rooms)).Faults, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("delete from audit_entries where id = 2", "first chain: missing from 2 to 2")]
    [InlineData("delete from audit_entries where id = 3", "first chain: ends with 2 instead of 3")]
    [InlineData("update audit_entries set details = '{}' where id = 1", "first chain, 1: changed")]
    public async Task What_is_done_to_old_entries_shows(string sql, string fault)
    {
        await using var rooms = await Rooms.CreateAsync();
        await DownToFirstChainAsync(rooms);
        await OldAppendAsync(rooms, 3);
        await UpAsync(rooms);
        await NewAppendAsync(rooms, 1);
        await TamperAsync(rooms, sql);
        Assert.Contains(fault, (await VerifyAsync(rooms)).Faults, StringComparison.Ordinal);
    }

    private static async Task TamperAsync(Rooms rooms, string sql)
    {
        await rooms.ExecuteAsync("alter table audit_entries disable trigger all");
        await rooms.ExecuteAsync(sql);
    }

    private static async Task<(long Entries, int Chains, string Faults)> VerifyAsync(Rooms rooms)
    {
        var verdict = await new AuditReading(new AuditTrailStore(rooms.DataSource)).VerifyAsync(default);
        return (verdict.Entries, verdict.Chains, string.Join('\n', verdict.Faults));
    }

    private static Task UpAsync(Rooms rooms) => SchemaOf(rooms).UpAsync(default);

    private static async Task DownToFirstChainAsync(Rooms rooms)
    {
        var newer = (await SchemaOf(rooms).StatusAsync(default)).Count(migration => migration.Version >= 503);
        await SchemaOf(rooms).DownAsync(newer, default);
    }

    private static Schema SchemaOf(Rooms rooms) => new(new DatabaseAccess(Microsoft.Extensions.Options.Options.Create(new DatabaseOptions { Url = rooms.Url })));

    private static async Task NewAppendAsync(Rooms rooms, int count)
    {
        for (var number = 0; number < count; number++)
        {
            await rooms.DoAsync(connection => rooms.Get<AuditLog>().AppendAsync(connection, new AuditEntry("counted", Rooms.Ada, Bakery, new { number }), default));
        }
    }

    // As version 0.1 wrote them, statement by statement.
    private static async Task OldAppendAsync(Rooms rooms, int count)
    {
        for (var number = 0; number < count; number++)
        {
            var last = (await rooms.ListAsync<(long Id, byte[] Hash)>("select id, hash from audit_entries order by id desc limit 1")).SingleOrDefault();
            var entry = new AuditEntry("counted", "telegram:1", null, new { number });
            var (id, at, details) = (last.Id + 1, new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), Json.Write(entry.Details));
            await rooms.ExecuteAsync(
                """
                insert into audit_entries (id, at, action, actor, project_id, details, result, previous_hash, hash)
                values (@id, @at, @Action, @Actor, @ProjectId, @details::json, @Result, @previous, @hash)
                """,
                new { id, at, entry.Action, entry.Actor, entry.ProjectId, details, entry.Result, previous = last.Hash, hash = AuditHash.OfFirstChain(id, at, entry, details, last.Hash) });
        }
    }
}
