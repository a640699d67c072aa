using DurableTask.PostgreSql.Activities;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Hub;
using DurableTask.PostgreSql.Instances;
using DurableTask.PostgreSql.Tests.Hub;
using Microsoft.Extensions.DependencyInjection;

namespace DurableTask.PostgreSql.Tests.Activities;

public class ActivityWorkTests
{
    private readonly Clock clock = new();
    private readonly TaskCompletionSource<CancellationToken> begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int runs;

    [Fact]
    public async Task After_a_stall_longer_than_the_lease_a_worker_does_not_take_over_from_itself()
    {
        await using var hub = await TestHub.CreateAsync();
        using var work = await RunningAsync(hub);
        clock.Now += TimeSpan.FromMinutes(2);
        await work.ClaimAsync(default);
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.activities where epoch = 1 and worker = 'w'"));
        Assert.Equal(1, runs);
        Assert.False((await begun.Task).IsCancellationRequested);
    }

    [Fact]
    public async Task What_was_given_away_meanwhile_is_cancelled_also_when_the_same_worker_has_it_again()
    {
        await using var hub = await TestHub.CreateAsync();
        using var work = await RunningAsync(hub);
        // Somebody had it, and gave it back.
        await hub.CountAsync("with again as (update durable.activities set ready_at = '2020-01-01' returning 1) select count(*) from again");
        await work.ClaimAsync(default);
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.activities where epoch = 2 and worker = 'w'"));
        clock.Now += TimeSpan.FromSeconds(20);
        await work.HeartbeatAsync(default);
        var cancelled = (await begun.Task).WaitHandle;
        Assert.True(cancelled.WaitOne(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task What_an_activity_throws_when_it_is_cancelled_keeps_nobody_from_stopping()
    {
        await using var hub = await TestHub.CreateAsync();
        using var work = await RunningAsync(hub);
        using var registration = (await begun.Task).Register(() => throw new InvalidOperationException("cannot be cancelled"));
        await work.CancelAllAsync();
        Assert.Contains(hub.Log.Written, line => line.Contains("cannot be cancelled", StringComparison.Ordinal));
        await Eventually.Async(async () => await hub.CountAsync("select count(*) from durable.activities where worker is null") == 1);
    }

    [Fact]
    public async Task Places_that_are_only_reserved_are_looked_at_again_soon_since_nobody_tells_when_they_are_given_up()
    {
        await using var hub = await TestHub.CreateAsync();
        using var work = await RunningAsync(hub, places: 2);
        var call = new Wire.OrchestratorAction { ScheduleTask = new Wire.ScheduleTaskAction { Name = "Long" } };
        Assert.Equal(1, work.Reserve([call]));
        Assert.InRange(await work.ClaimAsync(default), TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));
        work.Unreserve(1);
        Assert.Equal(Loop.UntilTold, await work.ClaimAsync(default));
    }

    // One activity that runs until its token is cancelled.
    private async Task<ActivityWork> RunningAsync(TestHub hub, int places = 32)
    {
        await hub.CountAsync(
            """
            with instance as (
                insert into durable.instances (instance_id, execution_id, name, version, status, created_at, updated_at, start_at) values ('i', 'x', 'Any', '', 'RUNNING', now(), now(), now())
            ), activity as (
                insert into durable.activities (instance_id, execution_id, task_id, name, ready_at) values ('i', 'x', 0, 'Long', '2020-01-01') returning 1
            )
            select count(*) from activity
            """);
        var registry = new DurableTaskRegistry().AddActivityFunc<string?, string>("Long", async (context, _) =>
        {
            Interlocked.Increment(ref runs);
            begun.TrySetResult(context.CancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
            return "";
        });
        var services = new ServiceCollection().BuildServiceProvider();
        var work = new ActivityWork(
            registry, services, new ActivityStore(new HubDatabase(hub.Database.DataSource), "w"), new LiveInstances(10, TaskScheduler.Default), new Wakeups(), new PostgresTaskHubOptions { MaxConcurrentActivities = places }, clock,
            TaskScheduler.Default, hub.Log);
        await work.ClaimAsync(default);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(20));
        return work;
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
