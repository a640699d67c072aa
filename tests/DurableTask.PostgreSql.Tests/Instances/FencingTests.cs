using DurableTask.PostgreSql.Activities;
using DurableTask.PostgreSql.Client;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Instances;
using DurableTask.PostgreSql.Tests.Hub;
using DurableTask.Replay;
using DurableTask.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace DurableTask.PostgreSql.Tests.Instances;

public class FencingTests
{
    private static readonly DurableTaskRegistry Registry = new DurableTaskRegistry().AddOrchestrator<Listener>().AddOrchestrator<Caller>().AddOrchestrator<Adopts>().AddOrchestrator<Ends>();
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    [Fact]
    public async Task A_step_that_was_overtaken_leaves_no_trace_and_does_not_hold_up_those_that_go_with_it()
    {
        await using var hub = await TestHub.CreateAsync();
        var (slow, quick) = (Begin<Listener>("l"), Begin<Listener>("l"));
        Assert.Equal([true], await CommitAsync(hub, "quick", quick));
        Assert.Equal([false, true], await CommitAsync(hub, "slow", slow, Begin<Listener>("other")));
        Assert.Equal(2, await hub.CountAsync("select count(*) from durable.history"));
        Assert.Equal(2, await hub.CountAsync("select count(*) from durable.timers"));
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.instances where instance_id = 'l' and worker = 'quick'"));
    }

    [Fact]
    public async Task Of_two_workers_who_stand_at_the_same_step_one_makes_it()
    {
        await using var hub = await TestHub.CreateAsync();
        var start = Begin<Listener>("l");
        await CommitAsync(hub, "first", start);
        var (one, two) = (Next(start, Raised("x")), Next(start, Raised("x")));
        Assert.Equal([true], await CommitAsync(hub, "one", one));
        Assert.Equal([false], await CommitAsync(hub, "two", two));
        Assert.Equal(2, await hub.CountAsync("select steps from durable.instances"));
        Assert.Equal(2, await hub.CountAsync("select count(*) from durable.history"));
    }

    [Fact]
    public async Task A_step_that_came_into_trouble_while_it_waited_is_not_made_and_whoever_made_it_hears_why()
    {
        await using var hub = await TestHub.CreateAsync();
        var spoilt = Begin<Listener>("l");
        var late = Raised("late");
        spoilt.Spoil([late], new IOException("no more"));
        Assert.Equal("no more", (await Assert.ThrowsAsync<InvalidOperationException>(() => CommitAsync(hub, "w", Begin<Listener>("other"), spoilt))).Message);
        Assert.Equal(0, await hub.CountAsync("select count(*) from durable.instances"));
        Assert.Equal([late], spoilt.Joined);
    }

    [Fact]
    public async Task A_step_for_a_generation_that_is_over_is_not_made()
    {
        await using var hub = await TestHub.CreateAsync();
        var start = Begin<Listener>("l");
        await CommitAsync(hub, "first", start);
        await hub.CountAsync("with anew as (update durable.instances set execution_id = 'next' returning 1) select count(*) from anew");
        Assert.Equal([false], await CommitAsync(hub, "late", Next(start, Raised("x"))));
    }

    [Fact]
    public async Task A_step_with_the_result_of_an_activity_that_somebody_else_has_taken_over_is_refused()
    {
        await using var hub = await TestHub.CreateAsync();
        var start = Begin<Caller>("c");
        start.Reserved = 1;
        await CommitAsync(hub, "first", start);
        await hub.CountAsync("with stolen as (update durable.activities set epoch = epoch + 1, worker = 'thief' returning 1) select count(*) from stolen");
        var claim = new ActivityClaim(new ActivityKey("c", start.Before.ExecutionId, 0), "Act", null, 1, 1);
        var late = Next(start, new ActivityResult(claim, new HistoryEvent { TaskCompleted = new TaskCompletedEvent { TaskScheduledId = 0, Result = "1" } }));
        Assert.Equal(StepCommit.LeaseLost, (await Assert.ThrowsAsync<PostgresException>(() => CommitAsync(hub, "first", late))).SqlState);
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.history"));
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.activities"));
    }

    [Fact]
    public async Task A_step_whose_mail_is_gone_already_is_refused()
    {
        await using var hub = await TestHub.CreateAsync();
        var start = Begin<Listener>("l");
        await CommitAsync(hub, "first", start);
        var late = Next(start, new StoredMail(4711, null, false, Google.Protobuf.MessageExtensions.ToByteArray(Raised("x").Event), 1, null));
        Assert.Equal(StepCommit.LeaseLost, (await Assert.ThrowsAsync<PostgresException>(() => CommitAsync(hub, "first", late))).SqlState);
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.history"));
    }

    // The parents wait for a child of one id; the second one calls it in the transaction in which it ends.
    [Fact]
    public async Task A_child_that_ends_beside_the_call_of_another_of_its_id_is_still_heard_of_by_its_parent()
    {
        await using var hub = await TestHub.CreateAsync();
        var first = Begin<Adopts>("p1");
        await CommitAsync(hub, "w", first);
        var begins = Assert.Single(await new MailStore(Database(hub), "w").ClaimAsync(["ends@*"], 10, DateTimeOffset.UtcNow.AddSeconds(1), TimeSpan.FromHours(1), default)).Mail;
        var child = new InstanceState("shared", "next", nameof(Ends), null, 0, new ParentLink("p1", first.Before.ExecutionId, 0, nameof(Adopts)), Now, Now);
        HistoryEvent[] events = [StepHistory.Started(Now), begins.Event];
        var end = Step.Of(child, [begins], events, Session().Advance(events), "", () => "next", Now, Now);
        Assert.True(end.IsFinished);
        Assert.Equal([true, true], await CommitAsync(hub, "w", end, Begin<Adopts>("p2")));
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.messages where instance_id = 'p1'"));
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.messages where instance_id = 'p2'"));
    }

    [Fact]
    public async Task What_waits_in_the_inbox_is_not_overtaken()
    {
        await using var hub = await TestHub.CreateAsync();
        var client = (await hub.AddProcessAsync(_ => { }, o => o.RunWorker = false)).GetRequiredService<DurableTaskClient>();
        var start = Begin<Listener>("l");
        await CommitAsync(hub, "first", start);
        await client.SuspendInstanceAsync("l");
        await client.ResumeInstanceAsync("l");
        var waiting = (await new MailStore(Database(hub), "slow").ClaimAsync(["listener@"], 10, DateTimeOffset.UtcNow.AddSeconds(1), TimeSpan.FromHours(1), default)).Select(one => one.Mail).OrderBy(one => one.Id).ToList();
        Assert.Equal(2, waiting.Count);
        // Whoever has claimed it: neither an event that comes directly nor a later row goes before the first one.
        Assert.Equal([false], await CommitAsync(hub, "first", Next(start, Raised("x"))));
        Assert.Equal([false], await CommitAsync(hub, "first", Next(start, waiting[1])));
        var suspended = Next(start, waiting[0]);
        Assert.Equal([true], await CommitAsync(hub, "first", suspended));
        var resumed = Next(suspended, waiting[1]);
        Assert.Equal([true], await CommitAsync(hub, "first", resumed));
        Assert.Equal([true], await CommitAsync(hub, "first", Next(resumed, Raised("x"))));
    }

    [Fact]
    public async Task A_result_becomes_mail_only_from_who_holds_the_activity()
    {
        await using var hub = await TestHub.CreateAsync();
        var start = Begin<Caller>("c");
        start.Reserved = 1;
        await CommitAsync(hub, "holder", start);
        var result = new ActivityResult(new ActivityClaim(new ActivityKey("c", start.Before.ExecutionId, 0), "Act", null, 1, 1), new HistoryEvent { TaskCompleted = new TaskCompletedEvent { Result = "1" } });
        var stale = result with { Activity = result.Activity with { Epoch = 0 } };
        Assert.Equal([false], await new ActivityStore(Database(hub), "thief").CompleteAsync([result], Now));
        Assert.Equal([false], await new ActivityStore(Database(hub), "holder").CompleteAsync([stale], Now));
        Assert.Equal(0, await hub.CountAsync("select count(*) from durable.messages"));
        Assert.Equal([true], await new ActivityStore(Database(hub), "holder").CompleteAsync([result], Now));
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.messages"));
    }

    [Fact]
    public async Task A_hundred_claims_at_once_never_give_the_same_mail_to_two()
    {
        await using var hub = await TestHub.CreateAsync();
        var client = (await hub.AddProcessAsync(_ => { }, o => o.RunWorker = false)).GetRequiredService<DurableTaskClient>();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(n => client.ScheduleNewOrchestrationInstanceAsync("Listener")));
        var claims = await Task.WhenAll(Enumerable.Range(0, 100).Select(n =>
            new MailStore(Database(hub), $"w{n}").ClaimAsync(["listener@*"], 3, DateTimeOffset.UtcNow, TimeSpan.FromHours(1), default)));
        var claimed = claims.SelectMany(one => one).Select(one => one.InstanceId).ToList();
        Assert.Equal(50, claimed.Distinct().Count());
        Assert.Equal(50, claimed.Count);
    }

    [Theory]
    [InlineData(29, 0)]
    [InlineData(31, 1)]
    public async Task Mail_that_was_taken_comes_back_when_its_lease_is_over(int seconds, int found)
    {
        await using var hub = await TestHub.CreateAsync();
        var client = (await hub.AddProcessAsync(_ => { }, o => o.RunWorker = false)).GetRequiredService<DurableTaskClient>();
        await client.ScheduleNewOrchestrationInstanceAsync("Listener");
        var now = DateTimeOffset.UtcNow;
        Assert.Single(await new MailStore(Database(hub), "dies").ClaimAsync(["listener@*"], 10, now, TimeSpan.FromSeconds(30), default));
        Assert.Equal(found, (await new MailStore(Database(hub), "lives").ClaimAsync(["listener@*"], 10, now.AddSeconds(seconds), TimeSpan.FromSeconds(30), default)).Count);
    }

    [Fact]
    public async Task Whoever_terminates_an_instance_takes_hold_of_it_before_its_mail_as_a_step_does()
    {
        await using var hub = await TestHub.CreateAsync();
        var client = (await hub.AddProcessAsync(_ => { }, o => o.RunWorker = false)).GetRequiredService<DurableTaskClient>();
        var start = Begin<Listener>("l");
        await CommitAsync(hub, "w", start);
        await client.RaiseEventAsync("l", "x");
        var mail = Assert.Single(await new MailStore(Database(hub), "w").ClaimAsync(["listener@"], 10, DateTimeOffset.UtcNow.AddSeconds(1), TimeSpan.FromHours(1), default)).Mail;
        await using var connection = await hub.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var batch = new NpgsqlBatch(connection))
        {
            foreach (var statement in ClientSql.TakeUp)
            {
                batch.Named(statement).Parameters.Text("l").Time(Now).Flag(true);
            }

            await batch.ExecuteNonQueryAsync();
        }

        var step = CommitAsync(hub, "w", Next(start, mail));
        await hub.UntilSomebodyWaitsForALockAsync();
        await using (var raise = new NpgsqlCommand("select from durable.instances where instance_id = 'l' for share", connection))
        {
            await raise.ExecuteNonQueryAsync();
        }

        await transaction.CommitAsync();
        // Made, or refused and tried again: its mail was touched. Not the victim of a deadlock.
        Assert.NotEqual(PostgresErrorCodes.DeadlockDetected, (await Record.ExceptionAsync(() => step) as PostgresException)?.SqlState);
    }

    private static HubDatabase Database(TestHub hub) => new(hub.Database.DataSource);

    private static DirectMail Raised(string name) => new(new HistoryEvent { EventRaised = new EventRaisedEvent { Name = name } });

    private static Step Begin<T>(string instanceId)
    {
        var state = new InstanceState(instanceId, Guid.NewGuid().ToString("N"), typeof(T).Name, "", 0, null, Now, Now);
        return Make(state, new StartMail(state, InstanceStart.Event(state.Name, null, instanceId, state.ExecutionId, null, Now, null)));
    }

    private static Step Next(Step before, Mail mail) => Make(before.After, mail);

    private static Step Make(InstanceState state, Mail mail)
    {
        var session = Session();
        HistoryEvent[] events = [StepHistory.Started(Now), InstanceStart.Event(state.Name, null, state.InstanceId, state.ExecutionId, null, Now, null)];
        if (mail is not StartMail)
        {
            session.Advance(events);
            events = [StepHistory.Started(Now), mail.Event];
        }

        return Step.Of(state, [mail], events, session.Advance(events), "", () => "next", Now, Now);
    }

    private static OrchestrationSession Session() => new(Registry, new ServiceCollection().BuildServiceProvider(), NullLoggerFactory.Instance);

    private static Task<IReadOnlyList<bool>> CommitAsync(TestHub hub, string worker, params Step[] steps) =>
        new StepCommit(Database(hub), worker, TimeSpan.FromSeconds(30), () => "next").CommitAsync(steps);

    private sealed class Listener : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.CreateTimer(TimeSpan.FromDays(1), CancellationToken.None);
            return "";
        }
    }

    private sealed class Adopts : TaskOrchestrator<string?, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, string? input) =>
            context.CallSubOrchestratorAsync<int>(nameof(Ends), null, new SubOrchestrationOptions(instanceId: "shared"));
    }

    private sealed class Ends : TaskOrchestrator<string?, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, string? input) => Task.FromResult(1);
    }

    private sealed class Caller : TaskOrchestrator<string?, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, string? input) => context.CallActivityAsync<int>("Act");
    }
}
