using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace DurableTask.PostgreSql.Tests.Hub;

public class WorkerTests
{
    [Fact]
    public async Task Two_workers_share_the_work_and_each_piece_is_done_once()
    {
        await using var hub = await TestHub.CreateAsync();
        Register register = new();
        foreach (var name in new[] { "one", "two" })
        {
            await hub.AddProcessAsync(
                r => r.AddOrchestrator<Batch>().AddActivity<Note>(), o => o.MaxConcurrentActivities = 4, s => s.AddSingleton(register).AddSingleton(new WorkerName(name)));
        }

        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => hub.StartAsync<Batch>(10)));
        foreach (var id in ids)
        {
            Assert.Equal(10, await hub.ResultAsync<int>(id));
        }

        Assert.Equal(200, register.Notes.Count);
        Assert.Equal(200, register.Notes.Select(note => note.Key).Distinct().Count());
        Assert.Equal(["one", "two"], register.Notes.Select(note => note.Worker).Distinct().Order());
    }

    [Fact]
    public async Task An_activity_that_takes_longer_than_the_lease_keeps_it_by_heartbeats()
    {
        await using var hub = await TestHub.CreateAsync();
        Register register = new();
        for (var n = 0; n < 2; n++)
        {
            await hub.AddProcessAsync(
                r => r.AddOrchestrator<Long>().AddActivity<Slow>(), o => o.Lease = TimeSpan.FromSeconds(4), s => s.AddSingleton(register).AddSingleton(new WorkerName("w")));
        }

        // The lease is long enough for a machine that does not run us for two seconds, the activity longer still.
        Assert.Equal(9000, await hub.RunAsync<int>(typeof(Long), 9000));
        Assert.Single(register.Notes);
    }

    [Fact]
    public async Task An_activity_whose_lease_was_taken_over_is_cancelled_and_its_late_result_refused()
    {
        await using var hub = await TestHub.CreateAsync();
        Register register = new();
        await hub.AddProcessAsync(
            r => r.AddOrchestrator<Stealing>().AddActivity<Stubborn>(), o => o.Lease = TimeSpan.FromSeconds(0.6), s => s.AddSingleton(register).AddSingleton(hub.Database.DataSource));
        var id = await hub.StartAsync<Stealing>();
        await Eventually.Async(() => Task.FromResult(register.Notes.Count == 1));
        using var losses = new Counted("durabletask.lease_losses");
        // Someone else takes it, as after an expired lease.
        await hub.CountAsync("with stolen as (update durable.activities set epoch = epoch + 1, worker = 'thief', ready_at = now() + interval '1 day' returning 1) select count(*) from stolen");
        await Eventually.Async(() => Task.FromResult(register.Notes.Count == 2));
        Assert.Contains(register.Notes, note => note.Key == "cancelled");
        await Eventually.Async(() => Task.FromResult(hub.Log.Written.Any(line => line.Contains("was refused", StringComparison.Ordinal))), () => string.Join('\n', hub.Log.Written));
        Assert.False((await hub.Client.GetInstanceAsync(id))!.IsCompleted);
        // First the step is refused, and then, after another look, the result.
        await Eventually.Async(() => Task.FromResult(losses.Tags.Contains("activity")));
        // The thief dies: the work comes back.
        await hub.CountAsync("with dead as (update durable.activities set ready_at = now() returning 1) select count(*) from dead");
        Assert.Equal("second", await hub.ResultAsync<string>(id));
    }

    [Fact]
    public async Task What_a_worker_does_not_know_is_left_to_one_who_does_and_is_logged()
    {
        await using var hub = await TestHub.CreateAsync();
        await hub.AddProcessAsync(r => r.AddOrchestrator<Batch>(), o => o.Lease = TimeSpan.FromSeconds(0.3));
        var unknownActivity = await hub.StartAsync<Batch>(1);
        var unknownOrchestrator = await hub.StartAsync<Long>(1);
        await Eventually.Async(() => Task.FromResult(Logged("activity note") && Logged("instances of long@")), () => string.Join('\n', hub.Log.Written));

        Register register = new();
        await hub.AddProcessAsync(
            r => r.AddOrchestrator<Long>().AddActivity<Note>().AddActivity<Slow>(), null, s => s.AddSingleton(register).AddSingleton(new WorkerName("knows")));
        Assert.Equal(1, await hub.ResultAsync<int>(unknownActivity));
        Assert.Equal(1, await hub.ResultAsync<int>(unknownOrchestrator));

        bool Logged(string what) => hub.Log.Written.Any(line => line.Contains(what, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_activity_that_runs_while_the_worker_stops_is_given_back_at_once_and_without_counting()
    {
        await using var hub = await TestHub.CreateAsync();
        Register register = new();
        var first = await AddSlowAsync(hub, register, "first", o => o.Lease = TimeSpan.FromHours(1));
        var id = await hub.StartAsync<Long>(1_000_000);
        await Eventually.Async(() => Task.FromResult(register.Notes.Count == 1));
        await hub.StopAsync(first);
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.activities where worker is null and attempts = 0"));
        Assert.False((await hub.Client.GetInstanceAsync(id))!.IsCompleted);
    }

    [Fact]
    public async Task What_a_stopping_worker_gives_back_waits_for_no_poll_of_another()
    {
        await using var hub = await TestHub.CreateAsync();
        Register register = new();
        var first = await AddSlowAsync(hub, register, "first", o => o.Lease = TimeSpan.FromHours(1));
        await hub.StartAsync<Long>(1_000_000);
        await Eventually.Async(() => Task.FromResult(register.Notes.Count == 1));
        await AddSlowAsync(hub, register, "second", o => o.PollInterval = TimeSpan.FromHours(1));
        await hub.UntilIdleAsync(2);
        await hub.StopAsync(first);
        await Eventually.Async(() => Task.FromResult(register.Notes.Count == 2));
    }

    [Fact]
    public async Task A_step_that_never_succeeds_is_parked_with_its_reason_and_resume_takes_it_up_again()
    {
        await using var hub = await TestHub.CreateAsync();
        // A history that cannot be read stands for whatever breaks each attempt.
        await hub.AddProcessAsync(r => r.AddOrchestrator<Listener>(), o => (o.MaxAttempts, o.WarmSessions) = (2, 0));
        var id = await hub.StartAsync<Listener>();
        await hub.UntilAsync(id, i => i.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await hub.CountAsync("with broken as (update durable.history set events = '\\xff' || events returning 1) select count(*) from broken");
        await hub.Client.RaiseEventAsync(id, "go", "x");
        await hub.UntilAsync(id, i => i.ParkedReason is not null);
        var parked = (await hub.Client.GetInstanceAsync(id))!;
        Assert.Contains("2 attempts at step 1 ended without a result; last error: InvalidProtocolBufferException", parked.ParkedReason, StringComparison.Ordinal);
        await hub.CountAsync("with mended as (update durable.history set events = substr(events, 2) returning 1) select count(*) from mended");
        await hub.Client.ResumeInstanceAsync(id);
        Assert.Equal("x", await hub.ResultAsync<string>(id));
        Assert.Null((await hub.Client.GetInstanceAsync(id))!.ParkedReason);
    }

    [Fact]
    public async Task A_step_that_the_store_can_never_take_is_parked_with_the_servers_reason()
    {
        // The server has no place for a zero in a text.
        await using var hub = await TestHub.StartAsync(
            r => r.AddOrchestratorFunc("Impossible", async context => await context.CallActivityAsync<string>(await context.WaitForExternalEvent<string>("go"))), o => o.MaxAttempts = 1);
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Impossible");
        await hub.Client.RaiseEventAsync(id, "go", "a\0b");
        await hub.UntilAsync(id, one => one.ParkedReason?.Contains("PostgresException: 22021", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_start_whose_step_cannot_be_stored_is_refused_and_those_beside_it_are_made()
    {
        await using var hub = await TestHub.StartAsync(r => r
            .AddOrchestrator<Listener>()
            .AddOrchestratorFunc("Impossible", async context => await context.CallActivityAsync<string>("half of a pair: \ud800")));
        // From when on starts go to the engine directly.
        await hub.UntilAsync(await hub.StartAsync<Listener>(), one => one.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        var good = Enumerable.Range(0, 20).Select(n => hub.StartAsync<Listener>(null, $"good-{n}")).ToList();
        var refused = Enumerable.Range(0, 3).Select(n => hub.Client.ScheduleNewOrchestrationInstanceAsync("Impossible", new StartOrchestrationOptions($"bad-{n}"))).ToList();
        await Task.WhenAll(good);
        foreach (var one in refused)
        {
            await Assert.ThrowsAsync<System.Text.EncoderFallbackException>(() => one);
        }

        Assert.Equal(21, await hub.CountAsync("select count(*) from durable.instances where status = 'RUNNING'"));
    }

    [Fact]
    public async Task Mail_of_an_instance_whose_last_worker_is_gone_waits_for_no_poll()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Listener>(), o => o.PollInterval = TimeSpan.FromHours(1));
        var id = await hub.StartAsync<Listener>();
        await hub.UntilAsync(id, one => one.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        await hub.UntilIdleAsync(1);
        var client = (await hub.AddProcessAsync(_ => { }, o => o.RunWorker = false)).GetRequiredService<DurableTaskClient>();
        // Whoever made the last step goes first, but is gone: the row is left alone at the first look.
        await hub.CountAsync("with dead as (update durable.instances set worker = 'gone' returning 1) select count(*) from dead");
        await client.RaiseEventAsync(id, "go", "heard");
        Assert.Equal("heard", await hub.ResultAsync<string>(id));
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_parks_its_instance_and_no_other()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Listener>(), o => o.MaxAttempts = 1);
        var (sick, well) = (await hub.StartAsync<Listener>(), await hub.StartAsync<Listener>());
        await Eventually.Async(async () => await hub.CountAsync("select count(*) from durable.instances where status = 'RUNNING'") == 2);
        await hub.CountAsync($"with bad as (insert into durable.messages (instance_id, visible_at, event) values ('{sick}', now(), '\\xff') returning 1) select count(*) from bad");
        await hub.Client.RaiseEventAsync(well, "go", "fine");
        Assert.Equal("fine", await hub.ResultAsync<string>(well));
        await hub.UntilAsync(sick, i => i.ParkedReason is not null);
    }

    [Fact]
    public async Task An_activity_whose_worker_always_dies_is_parked_visibly_and_resume_runs_it_again()
    {
        await using var hub = await TestHub.CreateAsync();
        Register register = new();
        await hub.AddProcessAsync(r => r.AddOrchestrator<Batch>());
        var id = await hub.StartAsync<Batch>(1);
        await Eventually.Async(async () => await hub.CountAsync("with died as (update durable.activities set attempts = 10 returning 1) select count(*) from died") == 1);
        await hub.AddProcessAsync(r => r.AddActivity<Note>(), null, s => s.AddSingleton(register).AddSingleton(new WorkerName("w")));
        await hub.UntilAsync(id, i => i.ParkedReason?.Contains("activity Note (#0): 10 runs ended without a result", StringComparison.Ordinal) == true);
        Assert.Empty(register.Notes);
        await hub.Client.ResumeInstanceAsync(id);
        Assert.Equal(1, await hub.ResultAsync<int>(id));
    }

    [Fact]
    public async Task A_client_without_a_worker_wakes_the_worker_of_another_process()
    {
        await using var hub = await TestHub.CreateAsync();
        var client = (await hub.AddProcessAsync(_ => { }, o => o.RunWorker = false)).GetRequiredService<DurableTaskClient>();
        await hub.AddProcessAsync(r => r.AddOrchestrator<Listener>(), o => o.PollInterval = TimeSpan.FromHours(1));
        await hub.UntilIdleAsync(1);
        await client.ScheduleNewOrchestrationInstanceAsync(nameof(Listener), null, new StartOrchestrationOptions("l"));
        await client.RaiseEventAsync("l", "go", "heard");
        Assert.Equal("heard", await hub.ResultAsync<string>("l"));
    }

    [Fact]
    public async Task A_worker_that_does_not_know_what_its_client_starts_wakes_one_that_does()
    {
        await using var hub = await TestHub.CreateAsync();
        await hub.AddProcessAsync(r => r.AddOrchestrator<Listener>());
        await hub.AddProcessAsync(r => r.AddOrchestratorFunc("Elsewhere", _ => "done"), o => o.PollInterval = TimeSpan.FromHours(1));
        await hub.UntilIdleAsync(2);
        Assert.Equal("done", await hub.ResultAsync<string>(await hub.Client.ScheduleNewOrchestrationInstanceAsync("Elsewhere")));
    }

    private static Task<ServiceProvider> AddSlowAsync(TestHub hub, Register register, string name, Action<PostgresTaskHubOptions> configure) => hub.AddProcessAsync(
        r => r.AddOrchestrator<Long>().AddActivity<Slow>(),
        o =>
        {
            o.ShutdownGrace = TimeSpan.FromMilliseconds(50);
            configure(o);
        },
        s => s.AddSingleton(register).AddSingleton(new WorkerName(name)));

    internal sealed class Register
    {
        public ConcurrentQueue<(string Key, string Worker)> Notes { get; } = [];
    }

    internal sealed record WorkerName(string Name);

    private sealed class Note(Register register, WorkerName worker) : TaskActivity<int, int>
    {
        public override async Task<int> RunAsync(TaskActivityContext context, int input)
        {
            register.Notes.Enqueue(($"{context.InstanceId}/{input}", worker.Name));
            await Task.Delay(5, context.CancellationToken);
            return 1;
        }
    }

    private sealed class Slow(Register register, WorkerName worker) : TaskActivity<int, int>
    {
        public override async Task<int> RunAsync(TaskActivityContext context, int input)
        {
            register.Notes.Enqueue((context.InstanceId, worker.Name));
            await Task.Delay(input, context.CancellationToken);
            return input;
        }
    }

    private sealed class Stubborn(Register register) : TaskActivity<int, string>
    {
        private static int runs;

        public override async Task<string> RunAsync(TaskActivityContext context, int input)
        {
            if (Interlocked.Increment(ref runs) > 1)
            {
                return "second";
            }

            register.Notes.Enqueue(("begun", ""));
            var cancelled = new TaskCompletionSource();
            await using var told = context.CancellationToken.Register(cancelled.SetResult);
            await cancelled.Task;
            register.Notes.Enqueue(("cancelled", ""));
            return "first, and too late";
        }
    }

    private sealed class Batch : TaskOrchestrator<int, int>
    {
        public override async Task<int> RunAsync(TaskOrchestrationContext context, int input) =>
            (await Task.WhenAll(Enumerable.Range(0, input).Select(n => context.CallActivityAsync<int>(nameof(Note), n)))).Sum();
    }

    private sealed class Long : TaskOrchestrator<int, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, int input) => context.CallActivityAsync<int>(nameof(Slow), input);
    }

    private sealed class Stealing : TaskOrchestrator<string?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string? input) => context.CallActivityAsync<string>(nameof(Stubborn), 1);
    }

    private sealed class Listener : TaskOrchestrator<string?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string? input) => context.WaitForExternalEvent<string>("go");
    }
}
