using Npgsql;

namespace Bench.Cost;

// What stays in the database, table by table: rows, and their bytes without indexes. A file of a table grows by whole pages, which says nothing about a few rows.
internal sealed class Kept
{
    private readonly Dictionary<string, (long Rows, long Bytes)> tables = new(StringComparer.Ordinal);

    public static async Task<Kept> ReadAsync(NpgsqlDataSource source)
    {
        List<string> names = [];
        await using (var command = source.CreateCommand("/* name: bench.tables */ select format('%I.%I', schemaname, relname) from pg_stat_user_tables order by 1"))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                names.Add(reader.GetString(0));
            }
        }

        var kept = new Kept();
        foreach (var name in names)
        {
            await using var command = source.CreateCommand($"/* name: bench.kept */ select count(*), coalesce(sum(pg_column_size(t.*)), 0)::bigint from {name} t");
            await using var reader = await command.ExecuteReaderAsync();
            await reader.ReadAsync();
            kept.tables[name] = (reader.GetInt64(0), reader.GetInt64(1));
        }

        return kept;
    }

    // What has grown, the largest first.
    public string Since(Kept before, int times)
    {
        var grown = tables.Select(table => (table.Key, Rows: table.Value.Rows - before.tables[table.Key].Rows, Bytes: table.Value.Bytes - before.tables[table.Key].Bytes)).Where(table => table.Bytes > 0).OrderByDescending(table => table.Bytes).ToArray();
        return $"{(double)grown.Sum(table => table.Bytes) / times / 1000:0.0} kB in {(double)grown.Sum(table => table.Rows) / times:0.#} rows: "
            + string.Join(", ", grown.Select(table => $"{table.Key.Replace("public.", "", StringComparison.Ordinal)} {(double)table.Rows / times:0.##} of {(double)table.Bytes / Math.Max(1, table.Rows):0} B"));
    }
}
