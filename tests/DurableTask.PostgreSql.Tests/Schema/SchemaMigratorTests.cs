using System.Reflection;
using DurableTask.PostgreSql.Tests.Hub;
using Npgsql;
using TestKit.PostgreSql;

namespace DurableTask.PostgreSql.Tests.Schema;

public class SchemaMigratorTests
{
    private static readonly Assembly Engine = typeof(SchemaMigrator).Assembly;

    [Fact]
    public async Task Four_migrators_at_once_bring_an_empty_database_up_once()
    {
        await using var database = await TestDatabase.CreateAsync("empty");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => new SchemaMigrator(database.ConnectionString, Engine).UpAsync()));
        Assert.Equal([(1001L, true), (1010L, true), (1020L, true), (1030L, true), (1040L, true), (1050L, true)], (await new SchemaMigrator(database.ConnectionString, Engine).StatusAsync()).Select(m => (m.Version, m.Applied)));
        await using var versions = database.DataSource.CreateCommand("select count(*) from public.schema_versions");
        Assert.Equal(6L, await versions.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Down_takes_everything_away_and_up_brings_it_back()
    {
        await using var database = await TestDatabase.CreateAsync("empty");
        var migrator = new SchemaMigrator(database.ConnectionString, Engine);
        Assert.All(await migrator.StatusAsync(), m => Assert.False(m.Applied));
        for (var round = 0; round < 2; round++)
        {
            await migrator.UpAsync();
            Assert.True(await HasHubAsync(database));
            await migrator.DownAsync(int.MaxValue);
            Assert.False(await HasHubAsync(database));
            Assert.All(await migrator.StatusAsync(), m => Assert.False(m.Applied));
        }
    }

    [Fact]
    public async Task A_migration_may_take_longer_than_a_command()
    {
        await using var database = await TestDatabase.CreateAsync("empty");
        var hasty = new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString) { CommandTimeout = 1 }.ConnectionString;
        await new SchemaMigrator(hasty, typeof(LongMigration).Assembly).UpAsync();
    }

    [Fact]
    public async Task Every_statement_is_named_once_and_can_be_prepared()
    {
        await using var hub = await TestHub.CreateAsync();
        var statements = EngineStatements.All;
        Assert.True(statements.Count >= 30, $"only {statements.Count} statements were found");
        var names = statements.Select(sql => System.Text.RegularExpressions.Regex.Match(sql, @"^/\* name: (durable|schema)\.[a-z_]+ \*/").Value).ToList();
        Assert.DoesNotContain("", names);
        Assert.Equal(names.Count, names.Distinct(StringComparer.Ordinal).Count());
        await using var connection = await hub.Database.DataSource.OpenConnectionAsync();
        foreach (var (sql, n) in statements.Select((sql, n) => (sql, n)))
        {
            // LISTEN and SET take no plan; they are run instead.
            await using var command = new NpgsqlCommand(sql.Contains("listen", StringComparison.Ordinal) || sql.Contains("durable.settings", StringComparison.Ordinal) ? sql : $"prepare s{n} as {sql}", connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    [Theory]
    [InlineData("insert into durable.instances (instance_id, execution_id, name, status, created_at, updated_at, start_at) values ('', 'x', 'n', 'PENDING', now(), now(), now())")]
    [InlineData("insert into durable.instances (instance_id, execution_id, name, status, created_at, updated_at, start_at) values ('a', 'x', 'n', 'COMPLETED', now(), now(), now())")]
    [InlineData("insert into durable.instances (instance_id, execution_id, name, status, created_at, updated_at, start_at, finished_at) values ('a', 'x', 'n', 'FAILED', now(), now(), now(), now())")]
    [InlineData("insert into durable.instances (instance_id, execution_id, name, status, created_at, updated_at, start_at, parent_task_id) values ('a', 'x', 'n', 'RUNNING', now(), now(), now(), 1)")]
    [InlineData("insert into durable.instances (instance_id, execution_id, name, status, created_at, updated_at, start_at, steps) values ('a', 'x', 'n', 'RUNNING', now(), now(), now(), 1)")]
    [InlineData("insert into durable.messages (instance_id, visible_at, event) values ('nobody', now(), '')")]
    public async Task The_schema_refuses_what_cannot_be(string sql)
    {
        await using var hub = await TestHub.CreateAsync();
        await using var command = hub.Database.DataSource.CreateCommand(sql);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());
        Assert.StartsWith("23", refused.SqlState, StringComparison.Ordinal);
    }

    private static async Task<bool> HasHubAsync(TestDatabase database)
    {
        await using var command = database.DataSource.CreateCommand("select to_regclass('durable.instances') is not null");
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Takes as long as an index of a large hub.</summary>
    [FluentMigrator.Migration(1)]
    public sealed class LongMigration : FluentMigrator.Migration
    {
        /// <inheritdoc />
        public override void Up() => Execute.Sql("select pg_sleep(2.5)");

        /// <inheritdoc />
        public override void Down()
        {
        }
    }
}
