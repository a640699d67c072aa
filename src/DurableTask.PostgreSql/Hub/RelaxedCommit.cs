using Npgsql;

namespace DurableTask.PostgreSql.Hub;

// A claim need not be on disk before it is used. When the server crashes and forgets one, then it forgets everything after it as well, the step of that claim included:
// a step's own commit waits for the disk, and with it for the claim. This saves a wait for the disk on the way from an event to the next step.
internal static class RelaxedCommit
{
    private const string Relax = "/* name: durable.relax_commit */ select set_config('synchronous_commit', 'off', true)";

    // Runs one statement and hands out its rows.
    public static async Task<List<T>> ReadAsync<T>(
        NpgsqlDataSource database, string sql, Action<NpgsqlParameterCollection> fill, Action<NpgsqlDataReader, List<T>> row, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        batch.Named(Relax);
        fill(batch.Named(sql).Parameters);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.NextResultAsync(cancellation);
        List<T> rows = [];
        while (await reader.ReadAsync(cancellation))
        {
            row(reader, rows);
        }

        return rows;
    }
}
