using DurableTask.PostgreSql;
using Npgsql;
using TestKit.PostgreSql;

namespace DurableTask.Simulation.Tests.Hub;

// A real database with one connection, over which everything of a seed goes, one batch after the other. Crashes are those of processes, never the server's, so no commit waits for the disk.
internal sealed class Server : IAsyncDisposable
{
    private readonly TestDatabase database;
    private readonly NpgsqlConnection connection;

    private Server(TestDatabase database, NpgsqlDataSource source, NpgsqlConnection connection) => (this.database, Source, this.connection) = (database, source, connection);

    public NpgsqlDataSource Source { get; }

    public static async Task<Server> CreateAsync()
    {
        var made = await TestDatabase.CreateAsync("simulation", address => new SchemaMigrator(address, typeof(SchemaMigrator).Assembly).UpAsync());
        var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(made.ConnectionString) { Options = "-c synchronous_commit=off", MaxAutoPrepare = 0, Pooling = false }.ConnectionString);
        var open = await source.OpenConnectionAsync();
        await using var settings = new NpgsqlCommand(SimulatedDatabase.EngineSettings, open);
        await settings.ExecuteNonQueryAsync();
        return new Server(made, source, open);
    }

    // In one transaction, all at once. Called from outside of any task, so that what reads does not come back to the machine.
    public T Run<T>(NpgsqlBatch batch, Func<NpgsqlDataReader, Task<T>> read)
    {
        batch.Connection = connection;
        batch.Prepare();
        using var reader = batch.ExecuteReader();
        var answer = read(reader).GetAwaiter().GetResult();
        while (reader.NextResult())
        {
        }

        return answer;
    }

    public void Clear()
    {
        using var command = new NpgsqlCommand("/* name: simulation.clear */ delete from durable.activities; delete from durable.instances", connection);
        command.ExecuteNonQuery();
    }

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        await Source.DisposeAsync();
        await database.DisposeAsync();
    }
}
