using System.Collections.Concurrent;
using DurableTask.PostgreSql.Activities;
using DurableTask.PostgreSql.Client;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Hub;
using DurableTask.PostgreSql.Instances;
using DurableTask.PostgreSql.Tests.Hub;
using DurableTask.Replay;
using DurableTask.Wire;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace DurableTask.PostgreSql.Tests.Instances;

// A commit that is held up in the database makes every other step wait for its turn: what then comes for the instance of such a step becomes true together with it.
public sealed class StepperTests
{
    private readonly ConcurrentQueue<string> heard = [];
    private int runs;

    [Fact]
    public async Task What_comes_while_a_step_waits_for_its_commit_becomes_true_with_it_and_what_is_called_runs_afterwards()
    {
        await using var hub = await WaitingAsync();
        var held = await HoldUpAsync(hub);
        var told = await TellAsync(hub, "a", "b", "call");
        await held.DisposeAsync();
        await Task.WhenAll(told).WaitAsync(TimeSpan.FromSeconds(20));
        await Eventually.Async(() => Task.FromResult(runs == 1));
        await hub.UntilAsync("i", one => one.ReadCustomStatusAs<string>() == "called");
        Assert.Equal(["a", "b", "call"], heard);
        // The start, the three of them, the result.
        Assert.Equal(3, await hub.CountAsync("select steps from durable.instances where instance_id = 'i'"));
        await hub.Client.RaiseEventAsync("i", "more", "end");
        Assert.Equal("a b call end", await hub.ResultAsync<string>("i"));
        Assert.Null(HistoryReplay.FirstDivergence(Registered(new DurableTaskRegistry()), new ServiceCollection().BuildServiceProvider(), await hub.Client.GetOrchestrationHistoryAsync("i")));
    }

    [Fact]
    public async Task What_was_told_before_and_is_stored_is_heard_before_all_that_had_come_to_wait_together()
    {
        using var overtaken = new Counted("durabletask.overtaken_steps");
        await using var hub = await WaitingAsync();
        var held = await HoldUpAsync(hub);
        var told = await TellAsync(hub, "a", "b");
        await using (var row = hub.Database.DataSource.CreateCommand("insert into durable.messages (instance_id, visible_at, event) values ('i', now(), $1)"))
        {
            row.Parameters.Add(new NpgsqlParameter { Value = new HistoryEvent { EventRaised = new EventRaisedEvent { Name = "more", Input = "\"stored\"" } }.ToByteArray() });
            await row.ExecuteNonQueryAsync();
        }

        await held.DisposeAsync();
        await Task.WhenAll(told).WaitAsync(TimeSpan.FromSeconds(20));
        await hub.Client.RaiseEventAsync("i", "more", "end");
        Assert.Equal("stored a b end", await hub.ResultAsync<string>("i"));
        Assert.Contains("Listens", overtaken.Tags);
    }

    [Fact]
    public async Task What_had_come_to_wait_together_is_stored_and_heard_later_when_the_step_cannot_be_made()
    {
        await using var hub = await WaitingAsync();
        await hub.CountAsync("alter table durable.instances add constraint broken check (instance_id <> 'i' or steps < 2); select 0");
        var held = await HoldUpAsync(hub);
        var told = await TellAsync(hub, "a", "b", "end");
        await held.DisposeAsync();
        await Task.WhenAll(told).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, await hub.CountAsync("select steps from durable.instances where instance_id = 'i'"));
        await hub.CountAsync("alter table durable.instances drop constraint broken; select 0");
        Assert.Equal("a b end", await hub.ResultAsync<string>("i"));
    }

    [Fact]
    public async Task A_step_is_made_without_what_joined_it_when_the_server_refuses_both_together()
    {
        await using var hub = await WaitingAsync();
        var held = await HoldUpAsync(hub);
        var told = await TellAsync(hub, "a", "bad");
        await held.DisposeAsync();
        await Task.WhenAll(told).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(2, await hub.CountAsync("select steps from durable.instances where instance_id = 'i'"));
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.messages where instance_id = 'i'"));
    }

    [Fact]
    public async Task Nothing_joins_a_first_step_since_it_would_be_told_to_an_instance_that_may_never_be()
    {
        await using var hub = await WaitingAsync();
        await hub.CountAsync("alter table durable.instances add constraint broken check (instance_id <> 'j'); select 0");
        var held = await HoldUpAsync(hub);
        var start = hub.Client.ScheduleNewOrchestrationInstanceAsync("Says", new StartOrchestrationOptions("j"));
        await Eventually.Async(() => Task.FromResult(heard.Count == 1));
        var told = hub.Client.RaiseEventAsync("j", "more", "a");
        await held.DisposeAsync();
        await Assert.ThrowsAsync<PostgresException>(() => start.WaitAsync(TimeSpan.FromSeconds(20)));
        await Assert.ThrowsAsync<OrchestrationNotFoundException>(() => told.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task What_is_told_together_with_a_start_that_cannot_be_stored_is_refused_as_the_start_is()
    {
        await using var hub = await TestHub.CreateAsync();
        await using var services = new ServiceCollection().BuildServiceProvider();
        var registry = Registered(new DurableTaskRegistry());
        LiveInstances live = new(10, TaskScheduler.Default);
        HubDatabase database = new(hub.Database.DataSource);
        PostgresTaskHubOptions options = new();
        Wakeups wakeups = new();
        using ActivityWork activities = new(registry, services, new ActivityStore(database, "w"), live, wakeups, options, TimeProvider.System, TaskScheduler.Default, hub.Log);
        Batcher<Step, bool> commits = new(_ => throw new InvalidOperationException("never"), 1, () => 1, 1, TaskScheduler.Default);
        Stepper stepper = new(registry, services, hub.Log, new StepOutlets(live, null!, commits, activities), new MailStore(database, "w"), wakeups, options, TimeProvider.System, () => "x");
        var now = DateTimeOffset.UtcNow;
        StartMail start = new(new InstanceState("j", "x", "Listens", "", 0, null, now, now), InstanceStart.Event("Listens", null, "j", "x", null, now, null));
        DirectMail told = new(new HistoryEvent { EventRaised = new EventRaisedEvent { Name = "more" } });
        await stepper.WorkAsync(new LiveInstance("j"), [start, told]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => start.Stored.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => told.Stored.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        await database.DisposeAsync();
    }

    [Fact]
    public async Task An_orchestrator_that_keeps_its_thread_while_its_step_waits_does_not_keep_the_worker_from_stopping()
    {
        using ManualResetEventSlim free = new();
        await using var hub = await TestHub.CreateAsync();
        var process = await hub.AddProcessAsync(r => Registered(r).AddOrchestratorFunc("Keeps", async context =>
        {
            heard.Enqueue(await context.WaitForExternalEvent<string>("more"));
            heard.Enqueue(await context.WaitForExternalEvent<string>("more"));
            free.Wait();
        }));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Keeps", new StartOrchestrationOptions("i"));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Blocks", new StartOrchestrationOptions("blocks"));
        var held = await HoldUpAsync(hub);
        await TellAsync(hub, "a", "b");
        await held.DisposeAsync();
        await hub.StopAsync(process).WaitAsync(TimeSpan.FromSeconds(60));
        free.Set();
    }

    [Fact]
    public async Task Whoever_tells_an_instance_something_while_its_end_waits_for_the_commit_hears_that_it_is_finished()
    {
        await using var hub = await WaitingAsync();
        var held = await HoldUpAsync(hub);
        var told = await TellAsync(hub, "a", "end");
        var late = hub.Client.RaiseEventAsync("i", "more", "late");
        await held.DisposeAsync();
        await Task.WhenAll(told).WaitAsync(TimeSpan.FromSeconds(20));
        await Assert.ThrowsAsync<OrchestrationFinishedException>(() => late.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal("a end", await hub.ResultAsync<string>("i"));
    }

    [Fact]
    public async Task Of_two_that_call_a_child_by_the_same_id_in_one_commit_one_has_it_and_the_other_is_told_so()
    {
        await using var hub = await WaitingAsync();
        var held = await HoldUpAsync(hub);
        Task[] starts = [.. new[] { "one", "two" }.Select(id => Task.Run(() => hub.Client.ScheduleNewOrchestrationInstanceAsync("Calls", new StartOrchestrationOptions(id))))];
        await Eventually.Async(() => Task.FromResult(heard.Count == 2));
        await held.DisposeAsync();
        await Task.WhenAll(starts).WaitAsync(TimeSpan.FromSeconds(20));
        await hub.Client.RaiseEventAsync("child", "more", "end");
        OrchestrationMetadata[] ends = [await hub.EndAsync("one"), await hub.EndAsync("two")];
        Assert.Equal("end", Assert.Single(ends, one => one.RuntimeStatus == OrchestrationRuntimeStatus.Completed).ReadOutputAs<string>());
        Assert.Contains("already running", Assert.Single(ends, one => one.RuntimeStatus == OrchestrationRuntimeStatus.Failed).FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    private DurableTaskRegistry Registered(DurableTaskRegistry registry) => registry
        .AddOrchestratorFunc("Listens", async context =>
        {
            List<string> got = [];
            while (true)
            {
                var one = await context.WaitForExternalEvent<string>("more");
                heard.Enqueue(one);
                got.Add(one);
                if (one == "end")
                {
                    return string.Join(' ', got);
                }

                if (one == "bad")
                {
                    _ = context.CallActivityAsync("no\0server stores this");
                }

                if (one == "call")
                {
                    await context.CallActivityAsync<int>("Count");
                    context.SetCustomStatus("called");
                }
            }
        })
        .AddOrchestratorFunc("Says", async context =>
        {
            heard.Enqueue("j");
            await context.WaitForExternalEvent<string>("more");
        })
        .AddOrchestratorFunc("Calls", context =>
        {
            heard.Enqueue(context.InstanceId);
            return context.CallSubOrchestratorAsync<string>("Listens", new SubOrchestrationOptions(instanceId: "child"));
        })
        .AddOrchestratorFunc("Blocks", context => context.WaitForExternalEvent<string>("more"))
        .AddActivityFunc("Count", _ => Interlocked.Increment(ref runs));

    private async Task<TestHub> WaitingAsync()
    {
        var hub = await TestHub.StartAsync(registry => Registered(registry));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Listens", new StartOrchestrationOptions("i"));
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Blocks", new StartOrchestrationOptions("blocks"));
        return hub;
    }

    // Until it is disposed, one commit is under way and does not end.
    private static async Task<NpgsqlConnection> HoldUpAsync(TestHub hub)
    {
        var connection = await hub.Database.DataSource.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("begin; select from durable.instances where instance_id = 'blocks' for update", connection);
        await command.ExecuteNonQueryAsync();
        _ = hub.Client.RaiseEventAsync("blocks", "more", "go");
        await hub.UntilSomebodyWaitsForALockAsync();
        return connection;
    }

    // Each is told when the one before was heard: the first makes a step ready, the others come while it waits.
    private async Task<List<Task>> TellAsync(TestHub hub, params string[] texts)
    {
        List<Task> told = [];
        foreach (var text in texts)
        {
            told.Add(Task.Run(() => hub.Client.RaiseEventAsync("i", "more", text)));
            await Eventually.Async(() => Task.FromResult(heard.Count == told.Count), () => string.Join(' ', heard));
        }

        Assert.DoesNotContain(told, one => one.IsCompleted);
        Assert.Equal(0, runs);
        return told;
    }
}
