using System.Diagnostics;
using System.Globalization;
using Npgsql;
using TestKit.PostgreSql;
using Xunit.Abstractions;

namespace DurableTask.PostgreSql.Tests.Crash;

// The database falls over again and again while two processes work on it.
public class DatabaseChaosTests(ITestOutputHelper output)
{
    private const int EffectsOfOne = 3;

    [Fact]
    public Task What_two_processes_do_survives_crashes_of_the_database() => SurviveAsync(workflows: 100, faults: 4);

    [Fact, Trait("Suite", "faults")]
    public Task What_two_processes_do_survives_crashes_of_the_database_five_thousand_times() => SurviveAsync(workflows: 5000, faults: 40);

    // The faults come as the work goes on, in turns: every connection is cut, the whole server dies.
    private async Task SurviveAsync(int workflows, int faults)
    {
        await using var server = await PrivateServer.StartAsync();
        var connectionString = server.ConnectionString();
        await new SchemaMigrator(connectionString, typeof(SchemaMigrator).Assembly).UpAsync();
        await ExecuteAsync(connectionString, "create table effects (key text primary key); create table runs (key text not null)");
        var workers = new[] { "left", "right" }.Select(name => Worker(connectionString, name, workflows / 2)).ToArray();
        var ends = Task.WhenAll(workers.Select(EndAsync));
        var (crashes, cut) = (0, 0);
        try
        {
            for (var fault = 1; fault <= faults; fault++)
            {
                await WorkedAsync(connectionString, EffectsOfOne * workflows * fault / (faults + 1), ends);
                if (fault % 2 == 0)
                {
                    await server.CrashAndRestartAsync();
                    crashes++;
                }
                else
                {
                    cut += Convert.ToInt32(await ExecuteAsync(connectionString, "select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> pg_backend_pid() and usename = current_user"), CultureInfo.InvariantCulture);
                }
            }

            await ends;
        }
        finally
        {
            foreach (var worker in workers)
            {
                if (!worker.HasExited)
                {
                    worker.Kill();
                }

                worker.Dispose();
            }
        }

        output.WriteLine($"{workflows} workflows on two processes, {crashes} crashes of the server, {cut} connections cut");
        Assert.Equal(faults / 2, crashes);
        Assert.True(cut >= faults / 2, "no connection was there to be cut");
        Assert.Equal($"{workflows}|{EffectsOfOne * workflows}|0", await ExecuteAsync(
            connectionString,
            """
            select (select count(*) from durable.instances where status = 'COMPLETED' and parent_instance_id is null) || '|' || (select count(*) from effects) || '|' ||
                   ((select count(*) from durable.instances where status <> 'COMPLETED') + (select count(*) from durable.messages) + (select count(*) from durable.activities) + (select count(*) from durable.timers))
            """));
    }

    private static async Task WorkedAsync(string connectionString, int effects, Task ends)
    {
        while ((long)(await ExecuteAsync(connectionString, "select count(*) from effects"))! < effects)
        {
            if (ends.IsFaulted)
            {
                await ends;
            }

            Assert.False(ends.IsCompleted, $"the work ended before there were {effects} effects");
            await Task.Delay(20);
        }
    }

    private static async Task EndAsync(Process worker)
    {
        var errors = worker.StandardError.ReadToEndAsync();
        var said = await worker.StandardOutput.ReadToEndAsync();
        await worker.WaitForExitAsync();
        Assert.True(worker.ExitCode == 0, $"a worker ended with {worker.ExitCode}: {said}\n{await errors}");
    }

    private static Process Worker(string connectionString, string name, int workflows) => Process.Start(new ProcessStartInfo(
        "dotnet", ["exec", KilledProcess.Output("CrashWorker"), "errands", connectionString, name, workflows.ToString(CultureInfo.InvariantCulture)])
    {
        UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
    })!;

    private static async Task<object?> ExecuteAsync(string connectionString, string sql)
    {
        // A pooled connection may be one that the last fault has cut.
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false;Timeout=300");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
