using System.Diagnostics;
using Bench.Measuring;
using Npgsql;

namespace Bench.Engine;

// For scale: what this database does at most when each commit carries one row.
internal static class DatabaseLimit
{
    public static async Task RunAsync(Stage stage)
    {
        await using var database = await stage.DatabaseAsync();
        await using (var create = database.DataSource.CreateCommand("create table singles (id bigint generated always as identity primary key, text text not null)"))
        {
            await create.ExecuteNonQueryAsync();
        }

        foreach (var connections in (int[])[32, 1])
        {
            var rate = await InsertAsync(database.DataSource, connections, stage.Time(3));
            stage.Report.Add(new Figure($"database alone: single-row commits, {connections} {(connections == 1 ? "connection" : "connections")}", Text.PerSecond(rate)));
        }
    }

    private static async Task<double> InsertAsync(NpgsqlDataSource source, int connections, TimeSpan window)
    {
        var warmUp = window / 3;
        var began = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var insert = new NpgsqlCommand("insert into singles (text) values ($1)", connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = new string('x', 100) } } };
            await insert.PrepareAsync();
            var done = 0;
            while (Stopwatch.GetElapsedTime(began) < warmUp + window)
            {
                await insert.ExecuteNonQueryAsync();
                done += Stopwatch.GetElapsedTime(began) is var at && at >= warmUp && at < warmUp + window ? 1 : 0;
            }

            return done;
        })));
        return counts.Sum() / window.TotalSeconds;
    }
}
