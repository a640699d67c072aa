using Bench.Measuring;
using FunctionsHost;
using Npgsql;

namespace Bench.Cost;

// What was spent up to a moment; the difference of two moments is what lies between cost. The last three are the stand-in host's.
internal sealed record Spent(long Commits, long Rows, long LogBytes, long Invocations, TimeSpan Busy, long StorageTransactions)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(1500);

    // The server's counters lag by up to a second, and the app has its own work in the background: taken when two looks at the rows agree.
    public static async Task<Spent> ReadAsync(NpgsqlDataSource source, StandInHost? host)
    {
        var end = DateTime.UtcNow + Patience;
        var last = await LookAsync(source, host);
        while (true)
        {
            await Task.Delay(Quiet);
            var next = await LookAsync(source, host);
            if (next.Rows == last.Rows || DateTime.UtcNow > end)
            {
                return next;
            }

            last = next;
        }
    }

    public Spent Since(Spent before) => new(
        Commits - before.Commits, Rows - before.Rows, LogBytes - before.LogBytes, Invocations - before.Invocations, Busy - before.Busy, StorageTransactions - before.StorageTransactions);

    public string Each(int times, bool underHost)
    {
        double Per(long count) => (double)count / times;
        return $"{Per(Rows):0.#} rows written, {Per(LogBytes) / 1000:0.#} kB of log, {Per(Commits):0.#} commits"
            + (underHost ? $", {Per(Invocations):0.#} invocations of {Text.Milliseconds(Busy / times)} in all, {Per(StorageTransactions):0.#} storage transactions (computed)" : "");
    }

    private static async Task<Spent> LookAsync(NpgsqlDataSource source, StandInHost? host)
    {
        await using var command = source.CreateCommand(
            """
            /* name: bench.spent */
            select (select xact_commit from pg_stat_database where datname = current_database()),
                   (select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint from pg_stat_user_tables),
                   (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint
            """);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new Spent(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), host?.Invoked.Count ?? 0, host?.Busy ?? TimeSpan.Zero, host?.StorageTransactions ?? 0);
    }
}
