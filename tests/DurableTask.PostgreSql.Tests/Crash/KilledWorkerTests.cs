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
    internal static readonly (string Statement, int[] Nth)[] Matrix =
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
        ("durable.is_under_way", [1]),
    ];

    [Fact]
    public Task A_worker_killed_before_or_after_any_statement_leaves_nothing_undone_and_nothing_done_twice() => KillAllAsync(Points);

    [Fact, Trait("Suite", "faults")]
    public Task A_worker_killed_before_or_after_any_statement_at_any_time_leaves_nothing_undone_and_nothing_done_twice() => KillAllAsync(Matrix);

    private async Task KillAllAsync((string Statement, int[] Nth)[] points)
    {
        var cases = points.SelectMany(point => point.Nth.SelectMany(nth => new[] { $"before:{point.Statement}:{nth}", $"after:{point.Statement}:{nth}" })).ToList();
        await KilledProcess.EachAsync(cases, KillAndFinishAsync, output);
    }

    private static async Task KillAndFinishAsync(string at)
    {
        await using var hub = await TestHub.CreateAsync();
        await hub.CountAsync("create table effects (key text primary key); create table runs (key text not null); select 0");
        var instanceId = "flow:" + at;
        await KilledProcess.RunAsync(at, "flow", hub.Database.ConnectionString, instanceId);
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
}
