using Npgsql;
using TestKit.PostgreSql;

namespace TestKit.Tests.PostgreSql;

public class TestDatabaseTests
{
    private static int migrations;

    [Fact]
    public async Task Every_database_is_a_copy_of_a_template_that_was_migrated_once()
    {
        var databases = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TestDatabase.CreateAsync("one table", MigrateAsync)));

        foreach (var database in databases)
        {
            await using var command = database.DataSource.CreateCommand("insert into things default values returning id");
            Assert.Equal(1, await command.ExecuteScalarAsync());
        }

        Assert.Equal(1, migrations);
        await Task.WhenAll(databases.Select(database => database.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task A_disposed_database_is_gone_even_while_somebody_is_connected()
    {
        var database = await TestDatabase.CreateAsync("empty");
        await using var other = new NpgsqlConnection(database.ConnectionString);
        await other.OpenAsync();

        await database.DisposeAsync();

        await using var late = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        var fault = await Assert.ThrowsAsync<PostgresException>(() => late.OpenAsync());
        Assert.Equal(PostgresErrorCodes.InvalidCatalogName, fault.SqlState);
    }

    private static async Task MigrateAsync(string connectionString)
    {
        Interlocked.Increment(ref migrations);
        // Left open on purpose: a template must survive a careless migration.
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("create table things (id int generated always as identity primary key)", connection);
        await command.ExecuteNonQueryAsync();
    }
}
