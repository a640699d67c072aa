using System.Security.Cryptography;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Audit.Trail;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Audit;

public sealed class AuditLogTests
{
    private static readonly Guid Bakery = Guid.Parse("11111111-1111-1111-1111-111111111111");
    private static readonly Guid Garage = Guid.Parse("22222222-2222-2222-2222-222222222222");

    [Fact]
    public async Task Each_project_has_a_chain_of_its_own_and_the_system_has_one()
    {
        await using var rooms = await Rooms.CreateAsync();
        foreach (var project in new Guid?[] { Bakery, Garage, null, Bakery, null })
        {
            await AppendAsync(rooms, project);
        }

        Assert.Equal(["1", "2"], await PlacesAsync(rooms, Bakery));
        Assert.Equal(["1"], await PlacesAsync(rooms, Garage));
        // Two of its own, and that each project's trail was begun.
        Assert.Equal(["1", "2", "3", "4"], await PlacesAsync(rooms, Guid.Empty));
        Assert.Equal(new AuditVerdict(7, 3, []), await VerifyAsync(rooms), Same);
    }

    [Fact]
    public async Task Words_of_any_kind_are_read_back_as_they_were_hashed()
    {
        await using var rooms = await Rooms.CreateAsync();
        await rooms.DoAsync(connection => rooms.Get<AuditLog>().AppendAsync(
            connection, new AuditEntry("said", Rooms.Ada, Bakery, new { text = "\"quoted\" \\ <b>ö</b> 🍞 \u0001 \0\r\n", number = 1.10m, none = (string?)null }, AuditEntry.Denied) { IpAddress = "::1" }, default));
        Assert.Empty((await VerifyAsync(rooms)).Faults);
    }

    [Theory]
    [InlineData("update audit_entries set actor = 'person:' || gen_random_uuid() where position = 3", "3: changed")]
    [InlineData("update audit_entries set details = '{\"number\": 3}' where position = 3", "3: changed")]
    [InlineData("update audit_entries set at = at + interval '1 microsecond' where position = 1", "1: changed")]
    [InlineData("update audit_entries set result = 'denied' where position = 5", "5: changed")]
    [InlineData("update audit_entries set ip_address = '::1' where position = 5", "5: changed")]
    [InlineData("update audit_entries set project_id = gen_random_uuid() where position = 2", "2: changed")]
    [InlineData("update audit_entries set hash = sha256('') where position = 2", "2: changed")]
    [InlineData("delete from audit_entries where position = 3", "missing from 3 to 3")]
    [InlineData("delete from audit_entries where position = 1", "missing from 1 to 1")]
    [InlineData("delete from audit_entries where position = 5", "ends with 4 instead of 5")]
    [InlineData("delete from audit_entries where chain = '11111111-1111-1111-1111-111111111111'", "ends with 0 instead of 5")]
    [InlineData("update audit_entries set position = 9 where position = 2; update audit_entries set position = 2 where position = 3; update audit_entries set position = 3 where position = 9", "2: changed")]
    [InlineData("update audit_entries set chain = '22222222-2222-2222-2222-222222222222', project_id = chain where position = 5", "changed")]
    [InlineData("delete from audit_heads where chain = '11111111-1111-1111-1111-111111111111'", "nothing says where it ends")]
    [InlineData("delete from audit_heads where chain = '11111111-1111-1111-1111-111111111111'; delete from audit_entries where chain = '11111111-1111-1111-1111-111111111111'; delete from audit_entries where action = 'trail_begun'", "ends with 0 instead of 1")]
    [InlineData("delete from audit_heads where chain = '11111111-1111-1111-1111-111111111111'; delete from audit_entries where chain = '11111111-1111-1111-1111-111111111111'", "project 11111111-1111-1111-1111-111111111111: its whole trail is missing")]
    [InlineData("delete from audit_entries where chain <> '11111111-1111-1111-1111-111111111111'; delete from audit_heads where chain <> '11111111-1111-1111-1111-111111111111'", "nothing says that it was begun")]
    [InlineData("update audit_entries set details = '[]' where action = 'trail_begun'", "system, 1: changed")]
    public async Task Whatever_is_done_to_the_rows_shows(string sql, string fault)
    {
        await using var rooms = await Rooms.CreateAsync();
        for (var number = 1; number <= 5; number++)
        {
            await AppendAsync(rooms, Bakery);
        }

        await rooms.ExecuteAsync("alter table audit_entries disable trigger all; alter table audit_heads disable trigger all");
        await rooms.ExecuteAsync(sql);
        Assert.Contains((await VerifyAsync(rooms)).Faults, line => line.Contains(fault, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Many_who_append_at_once_make_chains_without_gaps_and_do_not_wait_for_other_projects()
    {
        await using var rooms = await Rooms.CreateAsync();
        await Race.RunAsync(12, async runner =>
        {
            for (var number = 0; number < 10; number++)
            {
                await AppendAsync(rooms, (runner % 3) switch { 0 => null, 1 => Bakery, _ => Garage }, $"telegram:{runner / 4}");
            }

            return true;
        });
        Assert.Equal(new AuditVerdict(122, 3, []), await VerifyAsync(rooms), Same);
        Assert.Equal(3L, await rooms.ReadAsync<long>("select count(*) from audit_people"));

        await rooms.DoAsync(async connection =>
        {
            await rooms.Get<AuditLog>().AppendAsync(connection, Entry(Bakery, "telegram:0"), default);
            // Bakery's chain is held until this transaction ends; Garage's and the system's are not.
            await AppendAsync(rooms, Garage, "telegram:0").WaitAsync(TimeSpan.FromSeconds(10));
            await AppendAsync(rooms, null, "telegram:0").WaitAsync(TimeSpan.FromSeconds(10));
        });
    }

    [Fact]
    public async Task What_is_rolled_back_leaves_no_gap()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AppendAsync(rooms, Bakery);
        await Assert.ThrowsAsync<InvalidDataException>(() => rooms.DoAsync(async connection =>
        {
            await rooms.Get<AuditLog>().AppendAsync(connection, Entry(Bakery), default);
            throw new InvalidDataException();
        }));
        await AppendAsync(rooms, Bakery);
        Assert.Equal(["1", "2"], await PlacesAsync(rooms, Bakery));
        Assert.Empty((await VerifyAsync(rooms)).Faults);
    }

    [Fact]
    public async Task A_person_is_a_pseudonym_that_can_be_forgotten_while_every_row_stays()
    {
        await using var rooms = await Rooms.CreateAsync();
        await AppendAsync(rooms, Bakery);
        await AppendAsync(rooms, Garage);
        Assert.Equal(0L, await rooms.ReadAsync<long>("select count(*) from audit_entries where actor like '%1001%' or details::text like '%1001%'"));
        Assert.Equal(2, (await AskAsync(rooms, Rooms.Ada)).Count);

        await rooms.DoAsync(connection => rooms.Get<AuditLog>().ForgetAsync(connection, Rooms.Ada, default));
        Assert.Empty(await AskAsync(rooms, Rooms.Ada));
        Assert.Equal(4L, await rooms.ReadAsync<long>("select count(*) from audit_entries"));
        Assert.Empty((await VerifyAsync(rooms)).Faults);
        await AppendAsync(rooms, Bakery);
        Assert.Equal(2L, await rooms.ReadAsync<long>("select count(distinct actor) from audit_entries where actor like 'person:%'"));
    }

    [Fact]
    public void A_boundary_between_fields_cannot_be_moved()
    {
        var at = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.False(CryptographicOperations.FixedTimeEquals(
            AuditHash.Of(Bakery, 1, at, new AuditEntry("ab", "", null, ""), "c", "", null), AuditHash.Of(Bakery, 1, at, new AuditEntry("a", "", null, ""), "bc", "", null)));
    }

    private static AuditEntry Entry(Guid? project, string actor = Rooms.Ada) => new("counted", actor, project, new { number = 1 });

    private static Task AppendAsync(Rooms rooms, Guid? project, string actor = Rooms.Ada) =>
        rooms.DoAsync(connection => rooms.Get<AuditLog>().AppendAsync(connection, Entry(project, actor), default));

    private static Task<AuditVerdict> VerifyAsync(Rooms rooms) => new AuditReading(new AuditTrailStore(rooms.DataSource)).VerifyAsync(default);

    private static Task<IReadOnlyList<StoredEntry>> AskAsync(Rooms rooms, string person) =>
        new AuditTrailStore(rooms.DataSource).FindAsync(new AuditQuestion(null, person, null, null, null, null, 100), default);

    private static Task<IReadOnlyList<string>> PlacesAsync(Rooms rooms, Guid chain) =>
        rooms.ListAsync<string>("select position::text from audit_entries where chain = @chain order by position", new { chain });

    private static bool Same(AuditVerdict one, AuditVerdict other) => one.Entries == other.Entries && one.Chains == other.Chains && one.Faults.SequenceEqual(other.Faults);
}
