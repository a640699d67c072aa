using Microsoft.Extensions.DependencyInjection;

namespace DurableTask.PostgreSql.Tests.Hub;

public class LifecycleTests
{
    private static readonly Action<DurableTaskRegistry> All = r => r.AddOrchestrator<Waiting>().AddOrchestrator<Family>().AddOrchestrator<Talker>();

    [Fact]
    public async Task Starting_twice_under_one_id_starts_once()
    {
        await using var hub = await TestHub.StartAsync(All);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => hub.StartAsync<Waiting>(null, "project:x:1")));
        await hub.Client.RaiseEventAsync("project:x:1", "go", "once");
        Assert.Equal("once", await hub.ResultAsync<string>("project:x:1"));
        await hub.StartAsync<Waiting>(null, "project:x:1");
        Assert.True((await hub.Client.GetInstanceAsync("project:x:1"))!.IsCompleted);
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.instances"));
    }

    [Fact]
    public async Task A_start_is_not_lost_when_another_worker_has_ended_the_instance_and_it_was_purged()
    {
        await using var hub = await TestHub.StartAsync(All);
        await hub.StartAsync<Waiting>(null, "again");
        var other = (await hub.AddProcessAsync(All)).GetRequiredService<DurableTaskClient>();
        await other.RaiseEventAsync("again", "go", "first");
        await hub.UntilAsync("again", one => one.IsCompleted);
        await other.PurgeInstanceAsync("again");
        // The first process still has it in memory, waiting.
        await hub.StartAsync<Waiting>(null, "again");
        Assert.NotNull(await other.GetInstanceAsync("again"));
        await hub.Client.RaiseEventAsync("again", "go", "second");
        Assert.Equal("second", await hub.ResultAsync<string>("again"));
    }

    [Fact]
    public async Task What_a_generation_called_in_its_only_step_is_no_business_of_the_next_one()
    {
        var runs = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var hub = await TestHub.StartAsync(r => r
            .AddActivityFunc<string, string>("Tell", (_, text) =>
            {
                runs.Enqueue(text);
                return text;
            })
            .AddOrchestratorFunc<int, string>("Leaving", async (context, generation) =>
            {
                var told = context.CallActivityAsync<string>("Tell", $"of generation {generation}");
                if (generation == 0)
                {
                    context.ContinueAsNew(1);
                    return "";
                }

                return await told;
            }));
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Leaving", 0);
        Assert.Equal("of generation 1", await hub.ResultAsync<string>(id));
        await Eventually.Async(async () => await hub.CountAsync("select count(*) from durable.activities") == 0, () => string.Join('\n', hub.Log.Written));
        Assert.Equal(["of generation 0", "of generation 1"], runs.Order());
    }

    [Fact]
    public async Task An_event_to_a_missing_instance_is_an_error_and_so_is_one_to_a_finished_instance()
    {
        await using var hub = await TestHub.StartAsync(All);
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => hub.Client.RaiseEventAsync("nobody", "go"));
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => hub.Client.WaitForInstanceCompletionAsync("nobody"));
        Assert.Null(await hub.Client.GetInstanceAsync("nobody"));
        var id = await hub.StartAsync<Waiting>();
        await hub.Client.RaiseEventAsync(id, "go", "x");
        await hub.EndAsync(id);
        var refused = await Assert.ThrowsAsync<OrchestrationFinishedException>(() => hub.Client.RaiseEventAsync(id, "go", "y"));
        Assert.Equal(OrchestrationRuntimeStatus.Completed, refused.Status);
    }

    [Fact]
    public async Task An_instance_id_that_the_store_cannot_hold_is_refused_at_once_for_clients_and_for_children()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Waiting>().AddOrchestrator<Family>());
        await Assert.ThrowsAsync<ArgumentException>(() => hub.StartAsync<Waiting>(null, new string('x', 451)));
        await Assert.ThrowsAsync<ArgumentException>(() => hub.StartAsync<Waiting>(null, ""));
        await Assert.ThrowsAsync<ArgumentException>(() => hub.StartAsync<Waiting>(null, "half of a pair: \ud800"));
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => hub.Client.RaiseEventAsync("half of a pair: \udc00", "go"));
        Assert.Null(await hub.Client.GetInstanceAsync("zero: \0"));
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => hub.Client.GetOrchestrationHistoryAsync("zero: \0"));
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => hub.Client.RewindInstanceAsync("zero: \0", "x"));
        Assert.Equal(0, (await hub.Client.PurgeInstanceAsync("zero: \0")).PurgedInstanceCount);
        var forged = Convert.ToBase64String("1 zero: \0"u8).TrimEnd('=');
        await Assert.ThrowsAsync<ArgumentException>(async () => await hub.Client.GetAllInstancesAsync(new OrchestrationQuery(ContinuationToken: forged)).GetAsyncEnumerator().MoveNextAsync());
        Assert.Equal("pair: 🙂", await hub.StartAsync<Waiting>(null, "pair: 🙂"));
        var id = await hub.StartAsync<Family>(1, new string('x', 449));
        Assert.Contains("1 to 450 characters", (await hub.EndAsync(id)).FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_suspended_instance_keeps_what_arrives_and_goes_on_when_resumed()
    {
        await using var hub = await TestHub.StartAsync(All);
        var id = await hub.StartAsync<Waiting>();
        await hub.Client.SuspendInstanceAsync(id, "look");
        await hub.UntilAsync(id, i => i.RuntimeStatus == OrchestrationRuntimeStatus.Suspended);
        await hub.Client.RaiseEventAsync(id, "go", "kept");
        await Eventually.Async(async () => await hub.CountAsync("select count(*) from durable.messages") == 0);
        Assert.Equal(OrchestrationRuntimeStatus.Suspended, (await hub.Client.GetInstanceAsync(id))!.RuntimeStatus);
        await hub.Client.ResumeInstanceAsync(id);
        Assert.Equal("kept", await hub.ResultAsync<string>(id));
    }

    [Fact]
    public async Task Terminate_ends_children_too_and_drops_their_timers()
    {
        await using var hub = await TestHub.StartAsync(All);
        var id = await hub.StartAsync<Family>(2);
        await Eventually.Async(async () => await hub.CountAsync("select count(*) from durable.instances where status = 'RUNNING'") == 3);
        await hub.Client.TerminateInstanceAsync(id, new TerminateInstanceOptions("enough", Recursive: true));
        var end = await hub.EndAsync(id);
        Assert.Equal((OrchestrationRuntimeStatus.Terminated, "enough"), (end.RuntimeStatus, end.ReadOutputAs<string>()));
        await Eventually.Async(async () => await hub.CountAsync("select count(*) from durable.instances where status = 'TERMINATED'") == 3);
        await Eventually.Async(async () => await hub.CountAsync("select (select count(*) from durable.timers) + (select count(*) from durable.messages)") == 0);
    }

    [Fact]
    public async Task The_end_of_a_terminated_child_reaches_its_parent_as_a_failure()
    {
        await using var hub = await TestHub.StartAsync(All);
        var id = await hub.StartAsync<Family>(1);
        await hub.UntilAsync($"{id}:0", i => i.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await hub.Client.TerminateInstanceAsync($"{id}:0");
        Assert.Contains("terminated", (await hub.EndAsync(id)).FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_later_start_waits_and_what_comes_before_is_kept()
    {
        await using var hub = await TestHub.StartAsync(All);
        var at = DateTimeOffset.UtcNow.AddSeconds(2);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync(nameof(Waiting), null, new StartOrchestrationOptions("later", at));
        await hub.Client.RaiseEventAsync("later", "go", "early");
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await hub.Client.GetInstanceAsync("later"))!.RuntimeStatus);
        Assert.Equal("early", await hub.ResultAsync<string>("later"));
        Assert.True(DateTimeOffset.UtcNow >= at);
    }

    // Without a poll between, what was told before is taken in together with the start.
    [Fact]
    public async Task A_later_start_that_is_held_before_its_time_runs_nothing_until_it_is_resumed()
    {
        await using var hub = await TestHub.StartAsync(All, o => o.PollInterval = TimeSpan.FromHours(1));
        string[] ids;
        DateTimeOffset at;
        var lead = TimeSpan.FromMilliseconds(300);
        // A busy machine may hold them too late: then others, which start later.
        do
        {
            lead *= 2;
            at = DateTimeOffset.UtcNow + lead;
            ids = [.. Enumerable.Range(0, 12).Select(n => $"held-{lead.TotalMilliseconds}-{n}")];
            foreach (var id in ids)
            {
                await hub.Client.ScheduleNewOrchestrationInstanceAsync(nameof(Talker), null, new StartOrchestrationOptions(id, at));
                await hub.Client.SuspendInstanceAsync(id);
            }
        }
        while (DateTimeOffset.UtcNow >= at);

        await Eventually.Async(async () => await hub.CountAsync("select (select count(*) from durable.messages) + (select count(*) from durable.timers)") == 0);
        Assert.Equal(12, await hub.CountAsync($"select count(*) from durable.instances where status = 'SUSPENDED' and custom_status is null and instance_id like 'held-{lead.TotalMilliseconds}-%'"));
        foreach (var id in ids)
        {
            await hub.Client.ResumeInstanceAsync(id);
            await hub.Client.RaiseEventAsync(id, "go", id);
            Assert.Equal(id, await hub.ResultAsync<string>(id));
        }
    }

    [Fact]
    public async Task What_instances_tell_each_other_says_when()
    {
        await using var hub = await TestHub.StartAsync(All);
        var id = await hub.StartAsync<Family>(1);
        await hub.UntilAsync($"{id}:0", i => i.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await hub.Client.TerminateInstanceAsync($"{id}:0");
        await hub.EndAsync(id);
        Assert.All((await hub.Client.GetOrchestrationHistoryAsync(id)).Entries, entry => Assert.True(entry.At > DateTimeOffset.UtcNow.AddHours(-1), entry.Kind));
    }

    [Fact]
    public async Task An_instance_that_has_not_begun_can_be_terminated()
    {
        await using var hub = await TestHub.StartAsync(All);
        await hub.Client.ScheduleNewOrchestrationInstanceAsync(nameof(Waiting), null, new StartOrchestrationOptions("later", DateTimeOffset.UtcNow.AddDays(1)));
        await hub.Client.TerminateInstanceAsync("later");
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await hub.EndAsync("later")).RuntimeStatus);
    }

    [Fact]
    public async Task The_custom_status_is_visible_while_the_instance_runs()
    {
        await using var hub = await TestHub.StartAsync(All);
        var id = await hub.StartAsync<Talker>();
        await hub.UntilAsync(id, i => i.ReadCustomStatusAs<string>() == "waiting for you");
    }

    [Fact]
    public async Task Finished_instances_can_be_listed_and_purged_and_running_ones_stay()
    {
        await using var hub = await TestHub.StartAsync(All);
        await hub.StartAsync<Waiting>(null, "gate:1");
        await hub.StartAsync<Waiting>(null, "gate:2");
        await hub.StartAsync<Waiting>(null, "other");
        await hub.Client.RaiseEventAsync("gate:1", "go", "x");
        await hub.EndAsync("gate:1");
        Assert.Equal(["gate:1"], await ListAsync(hub, new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Completed])));
        Assert.Equal(["gate:1", "gate:2"], (await ListAsync(hub, new OrchestrationQuery(InstanceIdPrefix: "gate:"))).Order());
        Assert.Empty(await ListAsync(hub, new OrchestrationQuery { ParkedOnly = true }));
        Assert.Equal(0, (await hub.Client.PurgeInstanceAsync("gate:2")).PurgedInstanceCount);
        Assert.Equal(1, (await hub.Client.PurgeInstanceAsync("gate:1")).PurgedInstanceCount);
        Assert.Equal(0, await hub.CountAsync("select count(*) from durable.history where instance_id = 'gate:1'"));
    }

    [Fact]
    public async Task Versions_live_side_by_side_and_an_old_instance_keeps_its_own()
    {
        await using var hub = await TestHub.CreateAsync();
        var old = await hub.AddProcessAsync(r => r.AddOrchestrator<Job1>());
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Job", null, new StartOrchestrationOptions("old"));
        await hub.UntilAsync("old", i => i.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await hub.StopAsync(old);

        var both = await hub.AddProcessAsync(r => r.AddOrchestrator<Job1>().AddOrchestrator<Job2>());
        var client = both.GetRequiredService<DurableTaskClient>();
        await client.ScheduleNewOrchestrationInstanceAsync("Job", null, new StartOrchestrationOptions("new"));
        await client.RaiseEventAsync("old", "go", 1);
        await client.RaiseEventAsync("new", "go", 1);
        Assert.Equal("1", await hub.ResultAsync<string>("old"));
        Assert.Equal("2", await hub.ResultAsync<string>("new"));
    }

    [Fact]
    public async Task An_instance_that_begins_anew_in_a_newer_version_is_known_by_that_version()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Renewed1>().AddOrchestrator<Renewed2>());
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Renewed", null, new StartOrchestrationOptions("x") { Version = new TaskVersion("1") });
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.instances where task_key = 'renewed@1'"));
        await hub.Client.RaiseEventAsync("x", "go", 1);
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.instances where task_key = 'renewed@2'"));
        await hub.Client.RaiseEventAsync("x", "go", 2);
        Assert.Equal("2", await hub.ResultAsync<string>("x"));
    }

    [Fact]
    public async Task Code_that_no_longer_fits_its_history_fails_the_instance_and_names_the_step()
    {
        await using var hub = await TestHub.CreateAsync();
        var old = await hub.AddProcessAsync(r => r.AddOrchestrator<Before>());
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Changed", null, new StartOrchestrationOptions("c"));
        await hub.UntilAsync("c", i => i.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await hub.StopAsync(old);
        await hub.AddProcessAsync(r => r.AddOrchestrator<After>());
        await hub.Client.RaiseEventAsync("c", "go", 1);
        var failure = (await hub.EndAsync("c")).FailureDetails!;
        Assert.True(failure.IsCausedBy<NonDeterminismException>());
        Assert.Contains("step #0: history has a timer, but the code now takes another: an activity 'Act'", failure.ErrorMessage, StringComparison.Ordinal);
    }

    private static async Task<List<string>> ListAsync(TestHub hub, OrchestrationQuery query)
    {
        List<string> ids = [];
        await foreach (var one in hub.Client.GetAllInstancesAsync(query))
        {
            ids.Add(one.InstanceId);
        }

        return ids;
    }

    private sealed class Waiting : TaskOrchestrator<string?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string? input) => context.WaitForExternalEvent<string>("go");
    }

    private sealed class Talker : TaskOrchestrator<string?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            context.SetCustomStatus("waiting for you");
            return context.WaitForExternalEvent<string>("go");
        }
    }

    // A tree of instances, each waiting for a day.
    private sealed class Family : TaskOrchestrator<int, int>
    {
        public override async Task<int> RunAsync(TaskOrchestrationContext context, int input)
        {
            var nap = context.CreateTimer(TimeSpan.FromDays(1), CancellationToken.None);
            if (input > 0)
            {
                await context.CallSubOrchestratorAsync<int>(nameof(Family), input - 1, new SubOrchestrationOptions(instanceId: $"{context.InstanceId}:{input - 1}"));
            }

            await nap;
            return input;
        }
    }

    [DurableTask("Job", Version = "1")]
    private sealed class Job1 : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.WaitForExternalEvent<int>("go");
            return context.Version;
        }
    }

    [DurableTask("Job", Version = "2")]
    private sealed class Job2 : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.WaitForExternalEvent<int>("go");
            return context.Version;
        }
    }

    [DurableTask("Renewed", Version = "1")]
    private sealed class Renewed1 : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.WaitForExternalEvent<int>("go");
            context.ContinueAsNew("again");
            return "";
        }
    }

    [DurableTask("Renewed", Version = "2")]
    private sealed class Renewed2 : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.WaitForExternalEvent<int>("go");
            return context.Version;
        }
    }

    [DurableTask("Changed")]
    private sealed class Before : TaskOrchestrator<string?, bool>
    {
        public override async Task<bool> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.CreateTimer(TimeSpan.FromDays(1), CancellationToken.None);
            return true;
        }
    }

    [DurableTask("Changed")]
    private sealed class After : TaskOrchestrator<string?, bool>
    {
        public override async Task<bool> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.CallActivityAsync("Act");
            return true;
        }
    }
}
