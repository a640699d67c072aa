using System.Text.RegularExpressions;
using CrashWorker;
using DurableTask.PostgreSql.Tests.Hub;
using DurableTask.PostgreSql.Tests.Schema;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit.Abstractions;

namespace DurableTask.PostgreSql.Tests.Crash;

public partial class KilledUpkeepTests(ITestOutputHelper output)
{
    private static readonly string[] Points =
    [
        "start_instance", "notify", "raise_event", "unpark", "take_up_again", "make_room", "purge_instance", "purge_portion",
        "lock_failed", "failed_history", "child_of_failed", "forget_steps", "change_step", "rewind_instance", "forget_calls", "run_again", "wait_again", "take_in_again",
        "complete_activities", "extend_activities", "release_activities", "park_activity",
        "put_back_mail", "store_mail", "park_instance", "give_back_mail", "terminate_children", "is_work_ready",
    ];

    // They come only when two things meet at one moment, which nobody outside can command. The simulation makes them meet, and dies at them.
    private static readonly string[] OnlyMet =
    [
        "take_activities", // two results in one step
        "drop_activities", // a result for an instance that somebody has just ended, or for one that cannot take it now
        "drop_mail", // mail for an instance that somebody has just ended
    ];

    // What a failure shows.
    private const string Left =
        """
        select now()::text
        union all select to_jsonb(i)::text from durable.instances as i where finished_at is null
        union all select to_jsonb(m)::text from durable.messages as m
        union all select to_jsonb(a)::text from durable.activities as a
        union all select to_jsonb(t)::text from durable.timers as t
        """;

    [Fact]
    public Task A_process_killed_at_what_operators_do_leaves_nothing_half_done() =>
        KilledProcess.EachAsync([.. Points.Select((point, n) => $"{(n % 2 == 0 ? "before" : "after")}:durable.{point}:1")], KillAndFinishAsync, output);

    [Fact, Trait("Suite", "faults")]
    public Task A_process_killed_before_or_after_what_operators_do_leaves_nothing_half_done() =>
        KilledProcess.EachAsync([.. Points.SelectMany(point => new[] { $"before:durable.{point}:1", $"after:durable.{point}:1" })], KillAndFinishAsync, output);

    [Fact]
    public void Each_statement_that_changes_the_store_has_its_kill()
    {
        var killed = KilledWorkerTests.Matrix.Select(point => point.Statement["durable.".Length..]).Concat(Points).Concat(OnlyMet).ToHashSet();
        string[] changing = [.. EngineStatements.All.Where(sql => Changes().IsMatch(sql)).Select(sql => Name().Match(sql).Groups[1].Value)];
        Assert.True(changing.Length > 30);
        Assert.Empty(changing.Except(killed));
        Assert.Empty(OnlyMet.Except(changing));
    }

    private static async Task KillAndFinishAsync(string at)
    {
        await using var hub = await TestHub.CreateAsync();
        await hub.CountAsync("create table effects (key text primary key); create table runs (key text not null); select 0");
        await KilledProcess.RunAsync(at, "upkeep", hub.Database.ConnectionString, "-");

        var worker = await hub.AddProcessAsync(r => Upkeep.Register(r), Upkeep.Configure);
        var outside = await hub.AddProcessAsync(r => Upkeep.Register(r), o => o.RunWorker = false);
        try
        {
            await new Upkeep(worker.GetRequiredService<DurableTaskClient>(), outside.GetRequiredService<DurableTaskClient>(), hub.Database.DataSource).RunAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"the work did not end within a minute; left are {string.Join(" | ", await ListAsync(hub, Left))}", late);
        }

        Assert.Equal(Upkeep.Effects.Order(StringComparer.Ordinal), (await ListAsync(hub, "select key from effects")).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["care-held COMPLETED", "care-later TERMINATED", "care-later-child TERMINATED", "care-later-early TERMINATED", "care-rewound COMPLETED", "care-rewound-child COMPLETED"],
            await ListAsync(hub, "select instance_id || ' ' || status from durable.instances order by 1"));
        Assert.Equal(0, await hub.CountAsync("select (select count(*) from durable.messages) + (select count(*) from durable.activities) + (select count(*) from durable.timers)"));
    }

    private static async Task<List<string>> ListAsync(TestHub hub, string sql)
    {
        await using var command = hub.Database.DataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> found = [];
        while (await reader.ReadAsync())
        {
            found.Add(reader.GetString(0));
        }

        return found;
    }

    [GeneratedRegex(@"\b(insert into|update durable|delete from|pg_notify)\b")]
    private static partial Regex Changes();

    [GeneratedRegex(@"name: durable\.(\w+)")]
    private static partial Regex Name();
}
