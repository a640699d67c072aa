using DurableTask.PostgreSql.Hub;
using DurableTask.PostgreSql.Instances;
using DurableTask.PostgreSql.Tests.Hub;
using DurableTask.Replay;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace DurableTask.PostgreSql.Tests.Instances;

public class FencingTests
{
    private static readonly string[] Keys = ["listener@", "listener@*"];
    private static readonly DurableTaskRegistry Registry = new DurableTaskRegistry().AddOrchestrator<Listener>();

    [Fact]
    public async Task A_step_whose_lease_was_taken_over_is_refused_as_a_whole()
    {
        await using var hub = await TestHub.CreateAsync();
        var (slow, quick) = await BothClaimAsync(hub, expired: true);
        await CommitAsync(hub, "quick", quick!);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => CommitAsync(hub, "slow", slow));
        Assert.Equal(StepCommit.LeaseLost, refused.SqlState);
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.history"));
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.timers"));
    }

    [Fact]
    public async Task A_step_is_refused_before_its_successor_has_committed_too()
    {
        await using var hub = await TestHub.CreateAsync();
        var (slow, quick) = await BothClaimAsync(hub, expired: true);
        await Assert.ThrowsAsync<PostgresException>(() => CommitAsync(hub, "slow", slow));
        Assert.Equal(0, await hub.CountAsync("select count(*) from durable.history"));
        await CommitAsync(hub, "quick", quick!);
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.history"));
    }

    [Fact]
    public async Task While_the_lease_holds_nobody_else_gets_the_instance()
    {
        await using var hub = await TestHub.CreateAsync();
        var (_, other) = await BothClaimAsync(hub, expired: false);
        Assert.Null(other);
    }

    [Fact]
    public async Task A_step_whose_messages_are_gone_already_is_refused()
    {
        await using var hub = await TestHub.CreateAsync();
        var (slow, _) = await BothClaimAsync(hub, expired: false);
        await hub.CountAsync("with gone as (delete from durable.messages returning 1) select count(*) from gone");
        await Assert.ThrowsAsync<PostgresException>(() => CommitAsync(hub, "slow", slow));
        Assert.Equal(0, await hub.CountAsync("select count(*) from durable.history"));
    }

    [Fact]
    public async Task A_hundred_claims_at_once_never_give_one_instance_to_two()
    {
        await using var hub = await TestHub.CreateAsync();
        var client = (await hub.AddProcessAsync(_ => { }, o => o.RunWorker = false)).GetRequiredService<DurableTaskClient>();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(n => client.ScheduleNewOrchestrationInstanceAsync("Listener")));
        var claims = await Task.WhenAll(Enumerable.Range(0, 100).Select(n =>
            new InstanceStore(hub.Database.DataSource, $"w{n}").ClaimAsync(Keys, 3, DateTimeOffset.UtcNow, TimeSpan.FromHours(1), default)));
        var claimed = claims.SelectMany(one => one).Select(one => one.InstanceId).ToList();
        Assert.Equal(50, claimed.Distinct().Count());
        Assert.Equal(50, claimed.Count);
    }

    private static async Task<(ClaimedInstance Slow, ClaimedInstance? Quick)> BothClaimAsync(TestHub hub, bool expired)
    {
        var client = (await hub.AddProcessAsync(_ => { }, o => o.RunWorker = false)).GetRequiredService<DurableTaskClient>();
        await client.ScheduleNewOrchestrationInstanceAsync("Listener", null, new StartOrchestrationOptions("l"));
        var now = DateTimeOffset.UtcNow;
        var slow = await new InstanceStore(hub.Database.DataSource, "slow").ClaimAsync(Keys, 10, now, TimeSpan.FromSeconds(30), default);
        var quick = await new InstanceStore(hub.Database.DataSource, "quick").ClaimAsync(Keys, 10, now.AddSeconds(expired ? 31 : 29), TimeSpan.FromSeconds(30), default);
        return (slow.Single(), quick.SingleOrDefault());
    }

    private static async Task CommitAsync(TestHub hub, string worker, ClaimedInstance instance)
    {
        var session = new OrchestrationSession(Registry, new ServiceCollection().BuildServiceProvider(), NullLoggerFactory.Instance);
        var now = DateTimeOffset.UtcNow;
        DurableTask.Wire.HistoryEvent[] step = [StepHistory.Started(now), .. instance.Events];
        await new StepCommit(hub.Database.DataSource, new Wakeups(), worker, TimeProvider.System).CommitAsync(instance, step, session.Advance(step), "", now);
    }

    private sealed class Listener : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.CreateTimer(TimeSpan.FromDays(1), CancellationToken.None);
            return "";
        }
    }
}
