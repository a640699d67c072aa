using DurableTask;
using DurableTask.PostgreSql;
using Npgsql;

namespace CrashWorker;

// What operators do, and what a worker does beside making steps. Each part can be done again from its beginning, whatever of it was done before a kill.
public sealed class Upkeep(DurableTaskClient worker, DurableTaskClient outside, NpgsqlDataSource database)
{
    public const string Prefix = "care-";

    public static readonly string[] Effects = [$"{Prefix}rewound/fine", $"{Prefix}rewound/mended", $"{Prefix}rewound-child/fine", $"{Prefix}rewound-child/mended", $"{Prefix}held/first", $"{Prefix}held/second"];

    public static DurableTaskRegistry Register(DurableTaskRegistry registry) =>
        registry.AddOrchestrator<Breaks>().AddOrchestrator<Holds>().AddOrchestrator<Sleeps>().AddActivity<Effect>().AddActivity<Mended>().AddActivity<Slow>();

    // Nothing is kept in memory, and one activity runs at a time: results become mail, and what waits for a place is given back.
    public static void Configure(PostgresTaskHubOptions options) => (options.Lease, options.PollInterval, options.WarmSessions, options.MaxConcurrentActivities) =
        (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.1), 0, 1);

    public async Task RunAsync()
    {
        await RewindAsync($"{Prefix}rewound");
        await HoldAndParkAsync($"{Prefix}held");
        await StartLaterAndTerminateAsync($"{Prefix}later");
        await StartAnewAndPurgeAsync($"{Prefix}anew");
        await ParkActivityAsync();
    }

    private async Task RewindAsync(string id)
    {
        await outside.ScheduleNewOrchestrationInstanceAsync(nameof(Breaks), "parent", new StartOrchestrationOptions(id));
        if ((await EndAsync(id)).RuntimeStatus == OrchestrationRuntimeStatus.Failed)
        {
            await ExecuteAsync("insert into runs (key) values ('mended')");
            await outside.RewindInstanceAsync(id, "mended");
            await EndAsync(id);
        }
    }

    private async Task HoldAndParkAsync(string id)
    {
        await outside.ScheduleNewOrchestrationInstanceAsync(nameof(Holds), null, new StartOrchestrationOptions(id));
        await UntilAsync(id, one => one.SerializedCustomStatus is not null || one.IsCompleted);
        if (await UnfinishedAsync(() => outside.SuspendInstanceAsync(id)))
        {
            // Nobody can read it, and it has come too often.
            await ExecuteAsync($"insert into durable.messages (instance_id, visible_at, event, attempts) values ('{id}', now(), '\\xff', 11)");
            await UntilAsync(id, one => one.ParkedReason is not null);
            await ExecuteAsync($"delete from durable.messages where instance_id = '{id}' and event = '\\xff'");
            await UnfinishedAsync(() => outside.ResumeInstanceAsync(id));
            await UnfinishedAsync(() => outside.RaiseEventAsync(id, "go"));
        }

        await EndAsync(id);
    }

    // What comes before its time goes back to the inbox, from there or from the memory of the worker.
    private async Task StartLaterAndTerminateAsync(string id)
    {
        await outside.ScheduleNewOrchestrationInstanceAsync(nameof(Sleeps), "parent", new StartOrchestrationOptions(id + "-early", DateTimeOffset.UtcNow.AddHours(1)));
        await UnfinishedAsync(() => outside.RaiseEventAsync(id + "-early", "stored"));
        await UnfinishedAsync(() => worker.RaiseEventAsync(id + "-early", "direct"));
        await UnfinishedAsync(() => outside.TerminateInstanceAsync(id + "-early"));
        await EndAsync(id + "-early");

        await outside.ScheduleNewOrchestrationInstanceAsync(nameof(Sleeps), "parent", new StartOrchestrationOptions(id));
        await UntilAsync(id, one => one.SerializedCustomStatus is not null || one.IsCompleted);
        await UnfinishedAsync(() => outside.TerminateInstanceAsync(id, new TerminateInstanceOptions(Recursive: true)));
        await EndAsync(id);
        await EndAsync(id + "-child");
    }

    private async Task StartAnewAndPurgeAsync(string id)
    {
        await worker.ScheduleNewOrchestrationInstanceAsync(nameof(Sleeps), "short", new StartOrchestrationOptions(id));
        await EndAsync(id);
        await outside.ScheduleNewOrchestrationInstanceAsync(nameof(Sleeps), "short", new StartOrchestrationOptions(id).WithDedupeStatuses());
        await EndAsync(id);
        await outside.PurgeInstanceAsync(id);
        await outside.PurgeAllInstancesAsync(new PurgeInstancesFilter { InstanceIdPrefix = id });
    }

    // Ten workers died of it; nobody waits for it any more.
    private async Task ParkActivityAsync()
    {
        await ExecuteAsync(
            $"""
            insert into durable.activities (instance_id, execution_id, task_id, name, ready_at, attempts)
            values ('{Prefix}rewound', 'x', 99, 'Effect', now(), 10) on conflict (instance_id, execution_id, task_id) do nothing
            """);
        await UntilAsync($"{Prefix}rewound", one => one.ParkedReason is not null);
        await ExecuteAsync("delete from durable.activities where task_id = 99 and parked_reason is not null");
    }

    private async Task<OrchestrationMetadata> EndAsync(string id) => await UntilAsync(id, one => one.IsCompleted);

    private async Task<OrchestrationMetadata> UntilAsync(string id, Func<OrchestrationMetadata, bool> condition)
    {
        for (; ; await Task.Delay(20))
        {
            if (await outside.GetInstanceAsync(id, getInputsAndOutputs: true) is { } found && condition(found))
            {
                return found;
            }
        }
    }

    // False: it had been done to its end before.
    private static async Task<bool> UnfinishedAsync(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (OrchestrationFinishedException)
        {
            return false;
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}

// Fails with its child until somebody mends it, while a timer runs. What fails is heard of before what succeeds.
public sealed class Breaks : TaskOrchestrator<string, string>
{
    public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
    {
        _ = context.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
        if (input == "parent")
        {
            await context.CallSubOrchestratorAsync<string>(nameof(Breaks), "child", new SubOrchestrationOptions(instanceId: context.InstanceId + "-child"));
        }

        await Task.WhenAll(context.CallActivityAsync(nameof(Mended)), context.CallActivityAsync<string>(nameof(Slow), $"{context.InstanceId}/fine"));
        return await context.CallActivityAsync<string>(nameof(Effect), $"{context.InstanceId}/mended");
    }
}

// Two slow ones of which only one has a place, then a wait.
public sealed class Holds : TaskOrchestrator<string?, string>
{
    public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
    {
        var both = new[] { "first", "second" }.Select(name => context.CallActivityAsync<string>(nameof(Slow), $"{context.InstanceId}/{name}"));
        await Task.WhenAll(both);
        context.SetCustomStatus("waiting");
        await context.WaitForExternalEvent<string>("go");
        return "gone";
    }
}

public sealed class Sleeps : TaskOrchestrator<string, string>
{
    public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
    {
        var child = input == "parent" ? context.CallSubOrchestratorAsync<string>(nameof(Sleeps), "child", new SubOrchestrationOptions(instanceId: context.InstanceId + "-child")) : Task.CompletedTask;
        context.SetCustomStatus("sleeping");
        await context.CreateTimer(input == "short" ? TimeSpan.FromMilliseconds(10) : TimeSpan.FromHours(1), CancellationToken.None);
        await child;
        return "slept";
    }
}

public sealed class Mended(NpgsqlDataSource database) : TaskActivity<string?, bool>
{
    public override async Task<bool> RunAsync(TaskActivityContext context, string? input)
    {
        await using var command = database.CreateCommand("select exists (select from runs where key = 'mended')");
        return (bool)(await command.ExecuteScalarAsync(context.CancellationToken))! ? true : throw new PermanentFailureException("not mended yet");
    }
}

// Longer than its lease goes without a heartbeat.
public sealed class Slow(NpgsqlDataSource database) : TaskActivity<string, string>
{
    public override async Task<string> RunAsync(TaskActivityContext context, string input)
    {
        await Task.Delay(TimeSpan.FromSeconds(0.7), context.CancellationToken);
        return await new Effect(database).RunAsync(context, input);
    }
}
