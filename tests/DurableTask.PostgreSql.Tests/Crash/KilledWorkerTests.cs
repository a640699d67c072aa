using System.Collections.Concurrent;
using System.Diagnostics;
using CrashWorker;
using DurableTask.PostgreSql.Tests.Hub;
using Xunit.Abstractions;

namespace DurableTask.PostgreSql.Tests.Crash;

public class KilledWorkerTests(ITestOutputHelper output)
{
    private static readonly string[] Expected = ["first", "left", "right", "child", "event", "last"];

    // Statement, and the how-manieth time. The flow makes eleven steps in all; claims and timers are counted from the start of the process.
    private static readonly (string Statement, int[] Nth)[] Points =
    [
        ("durable.create_instances", [1]),
        ("durable.commit_steps", [1, 2, 4, 6, 8, 10]),
        ("durable.add_activities", [1]),
        ("durable.take_mail", [2]),
        ("durable.claim_mail", [1, 3]),
        ("durable.load_instances", [1]),
        ("crash.effect", [3]),
        ("durable.fire_timers", [3]),
        ("durable.start_children", [1]),
        ("durable.carry_over", [1]),
    ];

    // Every step, and each statement as often as it surely comes.
    private static readonly (string Statement, int[] Nth)[] Matrix =
    [
        .. Points.Where(point => point.Nth.Length == 1),
        ("durable.commit_steps", [.. Enumerable.Range(1, 10)]),
        ("durable.take_mail", [1, 2]),
        ("durable.claim_mail", [.. Enumerable.Range(1, 8)]),
        ("durable.claim_activities", [1, 2]),
        ("crash.effect", [.. Enumerable.Range(1, 5)]),
        ("durable.fire_timers", [.. Enumerable.Range(1, 4)]),
        ("durable.add_timers", [1, 2]),
        ("durable.send_mail", [1]),
        ("durable.replace_finished_children", [1]),
        ("durable.forget_history", [1]),
    ];

    [Fact]
    public Task A_worker_killed_before_or_after_any_statement_leaves_nothing_undone_and_nothing_done_twice() => KillAllAsync(Points);

    [Fact, Trait("Suite", "faults")]
    public Task A_worker_killed_before_or_after_any_statement_at_any_time_leaves_nothing_undone_and_nothing_done_twice() => KillAllAsync(Matrix);

    private async Task KillAllAsync((string Statement, int[] Nth)[] points)
    {
        var cases = points.SelectMany(point => point.Nth.SelectMany(nth => new[] { $"before:{point.Statement}:{nth}", $"after:{point.Statement}:{nth}" })).ToList();
        var failures = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (at, _) =>
        {
            try
            {
                await KillAndFinishAsync(at);
            }
            catch (Exception e)
            {
                failures.Add($"{at}: {e.Message}");
            }
        });
        output.WriteLine($"{cases.Count} kills, {failures.Count} failures");
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
    }

    private static async Task KillAndFinishAsync(string at)
    {
        await using var hub = await TestHub.CreateAsync();
        await hub.CountAsync("create table effects (key text primary key); create table runs (key text not null); select 0");
        var instanceId = "flow:" + at;
        await KillAsync(hub.Database.ConnectionString, instanceId, at);
        var done = await DoneAsync(hub);

        // Another worker takes over, as after a restart. Starting again is what a restarted process does too.
        await hub.AddProcessAsync(r => Flow.Register(r), o => o.Lease = TimeSpan.FromSeconds(1));
        await Flow.StartAsync(hub.Client, instanceId);
        await Flow.DriveAsync(hub.Client, instanceId).WaitAsync(TimeSpan.FromSeconds(40));

        Assert.Equal(Expected, await hub.ResultAsync<string[]>(instanceId));
        Assert.Equal(5, await hub.CountAsync("select count(*) from effects"));
        var runs = await RunsAsync(hub);
        Assert.All(done, key => Assert.True(runs[key.Key] == key.Value, $"{key.Key} had its result stored and ran again"));
        Assert.Equal(0, await hub.CountAsync("select (select count(*) from durable.messages) + (select count(*) from durable.activities) + (select count(*) from durable.timers)"));
    }

    private static async Task KillAsync(string connectionString, string instanceId, string at)
    {
        var mark = Path.Combine(Path.GetTempPath(), $"crash-{Guid.NewGuid():N}");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in new[] { "exec", Output("CrashWorker"), "flow", connectionString, instanceId })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_STARTUP_HOOKS"] = Output("CrashPoints");
        start.Environment["CRASH_AT"] = at;
        start.Environment["CRASH_MARK"] = mark;
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            Assert.True(File.Exists(mark), $"the point was never reached; the process ended with {process.ExitCode}: {await errors}");
            // 128 + 9: what a kill -9 looks like from outside.
            Assert.Equal(137, process.ExitCode);
        }
        catch (OperationCanceledException late)
        {
            process.Kill();
            throw new TimeoutException("the process did not end within a minute", late);
        }
        finally
        {
            File.Delete(mark);
        }
    }

    // The activities whose results were stored when the process died, and how often they had run: they must not run again.
    private static async Task<Dictionary<string, int>> DoneAsync(TestHub hub)
    {
        await using var command = hub.Database.DataSource.CreateCommand("select input::jsonb #>> '{}' from durable.activities");
        await using var reader = await command.ExecuteReaderAsync();
        var runs = await RunsAsync(hub);
        while (await reader.ReadAsync())
        {
            runs.Remove(reader.GetString(0));
        }

        return runs;
    }

    private static async Task<Dictionary<string, int>> RunsAsync(TestHub hub)
    {
        await using var command = hub.Database.DataSource.CreateCommand("select key, count(*)::int from runs group by key");
        await using var reader = await command.ExecuteReaderAsync();
        Dictionary<string, int> runs = [];
        while (await reader.ReadAsync())
        {
            runs.Add(reader.GetString(0), reader.GetInt32(1));
        }

        return runs;
    }

    // …/tests/{this project}/bin/{configuration}/{framework}/ → the same place of a neighbour.
    internal static string Output(string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(here.Parent!.Parent!.Parent!.Parent!.FullName, project, "bin", here.Parent.Name, here.Name, project + ".dll");
    }
}
