using System.Diagnostics;
using Bench.Measuring;
using Npgsql;

namespace Bench.Engine;

// Where the time goes under full load: what a workflow costs on both sides, and in which statements the database's sessions are found.
internal static class Profile
{
    private const int InFlight = 256;
    private const string Sample =
        """
        select coalesce(substring(query from '/\* name: ([a-z_.]+) \*/'), lower(split_part(query, ' ', 1))), coalesce(wait_event_type || ' ' || wait_event, 'running')
        from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()
        """;

    private sealed record Counters(long Commits, decimal Wal, long Allocated, TimeSpan Pauses);

    public static async Task RunAsync(Stage stage)
    {
        await using var database = await stage.DatabaseAsync();
        await using var hub = await Hub.StartAsync(database.ConnectionString);
        var person = new Person(hub.Client, hub.Announcements);
        await Load.RunAsync(person, stage.InFlight(InFlight), TimeSpan.Zero, stage.WarmUp);

        var before = await CountAsync(database.DataSource);
        var published = hub.Announcements.Published;
        var cpu = await CpuWindow.OpenAsync(database.DataSource);
        var load = Load.RunAsync(person, stage.InFlight(InFlight), TimeSpan.Zero, stage.Time(8));
        var seen = await SampleAsync(database.DataSource, load);
        var use = cpu.Close();
        var after = await CountAsync(database.DataSource);
        double done = hub.Announcements.Published - published;
        var share = use.Wall.TotalMilliseconds / done;
        stage.Report.Note(
            $"profile, a workflow at {InFlight} in flight: {use.Ours * share:0.00} ms of processor time ours and {(use.Database ?? double.NaN) * share:0.00} ms PostgreSQL's ({use}), "
            + $"{(after.Commits - before.Commits) / done:0.0} commits, {(double)(after.Wal - before.Wal) / done / 1000:0.0} kB of log, {(after.Allocated - before.Allocated) / done / 1000:0} kB allocated; garbage collection paused us {Text.Percent((after.Pauses - before.Pauses) / use.Wall)} of the time");
        foreach (var statement in seen.GroupBy(one => one.Statement).OrderByDescending(group => group.Count()).Take(8))
        {
            var waits = statement.GroupBy(one => one.Wait).OrderByDescending(group => group.Count()).Take(3).Select(wait => $"{wait.Key} {Text.Percent(wait.Count() / (double)statement.Count())}");
            stage.Report.Note($"profile, sessions of the database: {statement.Key} {Text.Percent(statement.Count() / (double)seen.Count)} of the samples ({string.Join(", ", waits)})");
        }
    }

    private static async Task<List<(string Statement, string Wait)>> SampleAsync(NpgsqlDataSource source, Task until)
    {
        List<(string Statement, string Wait)> seen = [];
        await using var connection = await source.OpenConnectionAsync();
        while (!until.IsCompleted)
        {
            await using (var command = new NpgsqlCommand(Sample, connection))
            await using (var reader = await command.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                {
                    seen.Add((reader.GetString(0), reader.GetString(1)));
                }
            }

            await Task.Delay(20);
        }

        await until;
        return seen;
    }

    private static async Task<Counters> CountAsync(NpgsqlDataSource source)
    {
        // Sessions report what they did with a delay of up to a second.
        await Task.Delay(1100);
        await using var command = source.CreateCommand("select xact_commit, pg_current_wal_lsn() - '0/0'::pg_lsn from pg_stat_database where datname = current_database()");
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new Counters(reader.GetInt64(0), reader.GetDecimal(1), GC.GetTotalAllocatedBytes(), GC.GetTotalPauseDuration());
    }
}
