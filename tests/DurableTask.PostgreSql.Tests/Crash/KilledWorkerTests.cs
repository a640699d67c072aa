using System.Collections.Concurrent;
using System.Diagnostics;
using DurableTask.PostgreSql.Tests.Hub;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace DurableTask.PostgreSql.Tests.Crash;

public class KilledWorkerTests(ITestOutputHelper output)
{
    private static readonly string[] Expected = ["first", "left", "right", "child", "event", "last"];

    // Statement, and the how-manieth time. The flow makes eleven steps in all; claims and timers are counted from the start of the process.
    private static readonly (string Statement, int[] Nth)[] Points =
    [
        ("durable.start_instance", [1]),
        ("durable.claim_instances", [1, 4]),
        ("durable.commit_step", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ("durable.claim_activities", [1, 3]),
        ("crash.effect", [1, 3]),
        ("durable.complete_activity", [1, 2, 3, 4, 5]),
        ("durable.fire_timers", [1, 3]),
        ("durable.raise_event", [1]),
    ];

    [Fact]
    public async Task A_worker_killed_before_or_after_any_statement_leaves_nothing_undone_and_nothing_done_twice()
    {
        var cases = Points.SelectMany(point => point.Nth.SelectMany(nth => new[] { $"before:{point.Statement}:{nth}", $"after:{point.Statement}:{nth}" })).ToList();
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
        output.WriteLine($"{cases.Count} crash points, {failures.Count} failures");
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
    }

    private static async Task KillAndFinishAsync(string at)
    {
        await using var hub = await TestHub.CreateAsync();
        await hub.CountAsync("create table effects (key text primary key); create table runs (key text not null); select 0");
        var client = (await hub.AddProcessAsync(_ => { }, o => o.RunWorker = false)).GetRequiredService<DurableTaskClient>();
        var instanceId = "flow:" + at;
        var mark = Path.Combine(Path.GetTempPath(), $"crash-{Guid.NewGuid():N}");
        try
        {
            var (killed, why) = await RunAsync(hub.Database.ConnectionString, instanceId, at, mark);
            Assert.True(File.Exists(mark), $"the point was never reached; the process ended with {killed}: {why}");
            // 128 + 9: what a kill -9 looks like from outside.
            Assert.Equal(137, killed);
            var (code, errors) = await RunAsync(hub.Database.ConnectionString, instanceId, "", mark);
            Assert.True(code == 0, $"the second process ended with {code}: {errors}");
        }
        finally
        {
            File.Delete(mark);
        }

        var end = await client.GetInstanceAsync(instanceId, true);
        Assert.True(end!.RuntimeStatus == OrchestrationRuntimeStatus.Completed, $"{end.RuntimeStatus} {end.FailureDetails}");
        Assert.Equal(Expected, end.ReadOutputAs<string[]>());
        Assert.Equal(5, await hub.CountAsync("select count(*) from effects"));
        // Only what was in flight at the kill may have run again: at most one activity, or the two side by side.
        Assert.InRange(await hub.CountAsync("select count(*) from runs"), 5, 7);
        Assert.Equal(0, await hub.CountAsync("select (select count(*) from durable.messages) + (select count(*) from durable.activities) + (select count(*) from durable.timers)"));
    }

    private static async Task<(int Code, string Errors)> RunAsync(string connectionString, string instanceId, string crashAt, string mark)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in new[] { "exec", Output("CrashWorker"), connectionString, instanceId })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_STARTUP_HOOKS"] = Output("CrashPoints");
        start.Environment["CRASH_AT"] = crashAt;
        start.Environment["CRASH_MARK"] = mark;
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await errors);
        }
        catch (OperationCanceledException late)
        {
            process.Kill();
            throw new TimeoutException($"the process did not end within a minute (CRASH_AT='{crashAt}')", late);
        }
    }

    // …/tests/{this project}/bin/{configuration}/{framework}/ → the same place of a neighbour.
    private static string Output(string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(here.Parent!.Parent!.Parent!.Parent!.FullName, project, "bin", here.Parent.Name, here.Name, project + ".dll");
    }
}
