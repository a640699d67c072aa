using System.Collections.Concurrent;
using Npgsql;

namespace DurableTask.PostgreSql.Database;

// The engine's only way to the database: one batch, one implicit transaction, one round trip. What a batch writes is committed when this returns.
internal class HubDatabase(NpgsqlDataSource source) : IAsyncDisposable
{
    // Every statement of the engine looks rows up by key, a few of many. Plans are made when tables are empty and kept while they grow, so the other ways are closed. One stays open: to go
    // through a whole table that seemed small and look for each row in what a statement has gathered. So what finds rows of the inbox, of work or of timers, which are empty again and
    // again, or takes the front of a queue, leaves no choice: it names the keys, key = any (…), or looks for each one by itself, lateral (… offset 0) or (… for no key update).
    protected const string Settings =
        """
        /* name: durable.settings */
        set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set enable_sort = off; set jit = off; set plan_cache_mode = force_generic_plan
        """;

    // Kept out of the common pool, which would reset the settings. The one used last is used next: the server has its plans and pages at hand.
    private readonly ConcurrentStack<NpgsqlConnection> idle = [];
    private readonly SemaphoreSlim free = new(Most(source));
    private bool disposed;

    public virtual async Task<T> RunAsync<T>(Action<NpgsqlBatch> fill, Func<NpgsqlDataReader, Task<T>> read, CancellationToken cancellation = default)
    {
        await free.WaitAsync(cancellation);
        try
        {
            var connection = idle.TryPop(out var kept) ? kept : await OpenAsync(cancellation);
            try
            {
                var answer = await RunAsync(connection, fill, read, cancellation);
                idle.Push(connection);
                if (Volatile.Read(ref disposed))
                {
                    await DisposeAsync();
                }

                return answer;
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
        }
        finally
        {
            free.Release();
        }
    }

    public Task<int> ExecuteAsync(Action<NpgsqlBatch> fill, CancellationToken cancellation = default) =>
        RunAsync(
            fill,
            async reader =>
            {
                while (await reader.NextResultAsync(cancellation))
                {
                }

                return Math.Max(0, reader.RecordsAffected);
            },
            cancellation);

    public Task<List<T>> ListAsync<T>(Action<NpgsqlBatch> fill, Func<NpgsqlDataReader, T> row, CancellationToken cancellation = default) =>
        RunAsync(fill, reader => ReadAsync(reader, row, cancellation), cancellation);

    // The rows of the current result.
    public static async Task<List<T>> ReadAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> row, CancellationToken cancellation = default)
    {
        List<T> rows = [];
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(row(reader));
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref disposed, true);
        while (idle.TryPop(out var connection))
        {
            await connection.DisposeAsync();
        }
    }

    private static async Task<T> RunAsync<T>(NpgsqlConnection connection, Action<NpgsqlBatch> fill, Func<NpgsqlDataReader, Task<T>> read, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        fill(batch);
        await batch.PrepareAsync(cancellation);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var answer = await read(reader);
        // The server says whether the commit succeeded only behind the last result.
        while (await reader.NextResultAsync(cancellation))
        {
        }

        return answer;
    }

    // What is opened is kept, and the pool is everybody's: at most half of it is ours. The loops, lanes and heartbeats of a worker seldom need more than ten at a time.
    private static int Most(NpgsqlDataSource source) => Math.Clamp(new NpgsqlConnectionStringBuilder(source.ConnectionString).MaxPoolSize / 2, 1, 16);

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = await source.OpenConnectionAsync(cancellation);
        await using var command = new NpgsqlCommand(Settings, connection);
        await command.ExecuteNonQueryAsync(cancellation);
        return connection;
    }
}
