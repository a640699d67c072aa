using Npgsql;

namespace DurableTask.PostgreSql.Database;

// The engine's only way to the database: one batch, one implicit transaction, one round trip. What a batch writes is committed when this returns.
internal class HubDatabase(NpgsqlDataSource source)
{
    public virtual async Task<T> RunAsync<T>(Action<NpgsqlBatch> fill, Func<NpgsqlDataReader, Task<T>> read, CancellationToken cancellation = default)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
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
}
