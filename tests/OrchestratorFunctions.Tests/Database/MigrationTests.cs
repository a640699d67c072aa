using Dapper;
using DurableTask.PostgreSql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Tests.TestApp;
using TestKit.PostgreSql;

namespace OrchestratorFunctions.Tests.Database;

public sealed class MigrationTests
{
    [Fact]
    public async Task Down_leaves_nothing_of_what_up_made()
    {
        await using var database = await TestDatabase.CreateAsync("empty");
        await Migrator(database).UpAsync();
        Assert.NotEmpty(await ObjectsAsync(database));

        await Migrator(database).DownAsync(1000);

        Assert.Empty(await ObjectsAsync(database));
        Assert.All(await Migrator(database).StatusAsync(), migration => Assert.False(migration.Applied));
        await Migrator(database).UpAsync();
        Assert.All(await Migrator(database).StatusAsync(), migration => Assert.True(migration.Applied));
    }

    [Fact]
    public async Task Each_step_down_can_be_taken_up_again()
    {
        await using var database = await Rooms.DatabaseAsync();
        var before = await ObjectsAsync(database);
        for (var steps = 1; steps <= (await Migrator(database).StatusAsync()).Count; steps++)
        {
            await Migrator(database).DownAsync(steps);
            Assert.Equal(steps, (await Migrator(database).StatusAsync()).Count(migration => !migration.Applied));
            await Migrator(database).UpAsync();
            Assert.Equal(before, await ObjectsAsync(database));
        }
    }

    [Fact]
    public async Task Up_twice_changes_nothing()
    {
        await using var database = await Rooms.DatabaseAsync();
        var (objects, versions) = (await ObjectsAsync(database), await VersionsAsync(database));
        await Migrator(database).UpAsync();
        Assert.Equal(objects, await ObjectsAsync(database));
        Assert.Equal(versions, await VersionsAsync(database));
    }

    [Fact]
    public async Task Four_processes_may_migrate_at_once()
    {
        await using var database = await TestDatabase.CreateAsync("empty");
        await Race.RunAsync(4, async _ =>
        {
            await Migrator(database).UpAsync();
            return true;
        });
        Assert.All(await Migrator(database).StatusAsync(), migration => Assert.True(migration.Applied));
        var versions = await VersionsAsync(database);
        Assert.Equal(versions.Distinct(), versions);
    }

    private static SchemaMigrator Migrator(TestDatabase database) => new(database.ConnectionString, typeof(Schema).Assembly, typeof(SchemaMigrator).Assembly);

    private static async Task<IReadOnlyList<long>> VersionsAsync(TestDatabase database)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        return [.. await connection.QueryAsync<long>("select version from public.schema_versions order by version")];
    }

    // Tables, sequences, views, functions, types and schemas that are not the server's own. Rows of tables have types of their own; they come and go with them.
    private static async Task<IReadOnlyList<string>> ObjectsAsync(TestDatabase database)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>(
            """
            select what from (
                select case c.relkind when 'r' then 'table' when 'S' then 'sequence' when 'v' then 'view' else c.relkind::text end || ' ' || n.nspname || '.' || c.relname as what, n.nspname
                from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'S', 'v', 'm', 'p', 'f') and c.relname !~ '^schema_versions.+'
                union all select 'function ' || n.nspname || '.' || p.proname, n.nspname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                union all select 'type ' || n.nspname || '.' || t.typname, n.nspname from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype in ('e', 'd')
                union all select 'schema ' || nspname, nspname from pg_namespace where nspname <> 'public'
            ) objects where nspname !~ '^(pg_|information_schema)' order by what
            """)];
    }
}
