using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.GitHub.Webhook;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.GitHub.Webhook;

public sealed class DeliveryStoreTests
{
    public DeliveryStoreTests() => DapperConventions.Apply();

    [Fact]
    public async Task Deliveries_that_come_together_share_commits_and_each_is_stored()
    {
        await using var database = await Rooms.DatabaseAsync();
        var store = new DeliveryStore(database.DataSource, TimeProvider.System);
        Assert.All(await Race.RunAsync(200, number => store.AcceptAsync(New(number), default)), Assert.True);
        await using var connection = await database.DataSource.OpenConnectionAsync();
        Assert.Equal(200L, await connection.ExecuteScalarAsync<long>("select count(*) from github_deliveries where status = 'OPEN' and payload = '{}' and action is null"));
        Assert.InRange(await connection.ExecuteScalarAsync<long>("select count(distinct xmin::text) from github_deliveries"), 1, 100);
    }

    [Fact]
    public async Task Among_those_that_come_together_each_key_is_stored_once()
    {
        await using var database = await Rooms.DatabaseAsync();
        var store = new DeliveryStore(database.DataSource, TimeProvider.System);
        var other = New(2);
        Assert.True(await store.AcceptAsync(New(1), default));
        var stored = await Race.RunAsync(60, number => store.AcceptAsync(
            (number % 4) switch
            {
                0 => New(1),
                1 => New(10 + number) with { BodySha256 = New(1).BodySha256 },
                2 => New(10 + number) with { SubjectKey = New(1).SubjectKey },
                _ => other,
            },
            default));
        Assert.Single(stored, isNew => isNew);
        await using var connection = await database.DataSource.OpenConnectionAsync();
        Assert.Equal(2L, await connection.ExecuteScalarAsync<long>("select count(*) from github_deliveries"));
    }

    [Fact]
    public async Task One_that_the_server_refuses_does_not_take_the_others_down()
    {
        await using var database = await Rooms.DatabaseAsync();
        var store = new DeliveryStore(database.DataSource, TimeProvider.System);
        var taken = await Race.RunAsync(50, async number =>
        {
            try
            {
                return await store.AcceptAsync(number == 25 ? New(number) with { Event = "no\0text" } : New(number), default);
            }
            catch (PostgresException)
            {
                return false;
            }
        });
        Assert.Equal(Enumerable.Range(0, 50).Select(number => number != 25), taken);
    }

    [Fact]
    public async Task Two_processes_that_are_told_the_same_do_not_wait_for_each_other_in_a_circle()
    {
        await using var database = await Rooms.DatabaseAsync();
        DeliveryStore[] stores = [new(database.DataSource, TimeProvider.System), new(database.DataSource, TimeProvider.System)];
        var stored = 0;
        for (var round = 0; round < 20; round++)
        {
            // Two hooks tell the same things under other ids, in opposite order.
            stored += (await Race.RunAsync(2, process => Task.WhenAll(Enumerable.Range(0, 64).Select(number => process == 0 ? number : 63 - number).Select(number =>
                stores[process].AcceptAsync(New((round * 64) + number) with { DeliveryId = $"{process}-{round}-{number}", BodySha256 = Hash($"{process}-{round}-{number}") }, default))))).Sum(isNew => isNew.Count(one => one));
        }

        Assert.Equal(20 * 64, stored);
        database.DataSource.Clear();
        await using var connection = await database.DataSource.OpenConnectionAsync();
        // A session tells what it met when it ends.
        for (var end = DateTime.UtcNow.AddSeconds(20); await connection.ExecuteScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()") > 0; await Task.Delay(20))
        {
            Assert.True(DateTime.UtcNow < end, "sessions do not end");
        }

        Assert.Equal(0L, await connection.ExecuteScalarAsync<long>("select deadlocks from pg_stat_database where datname = current_database()"));
    }

    private static NewDelivery New(int number) => new($"id-{number}", Hash($"{number}"), $"issue_comment:{number}:now", "issue_comment", null, "github:1#1", "{}", null);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
