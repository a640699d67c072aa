using DurableTask.PostgreSql.Instances;
using DurableTask.Replay;
using DurableTask.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableTask.PostgreSql.Tests.Instances;

public class LiveInstancesTests
{
    [Fact]
    public async Task The_sessions_that_have_waited_longest_are_let_go_first()
    {
        var live = Warming(capacity: 2);
        foreach (var id in new[] { "a", "b", "c" })
        {
            live.Post(id, Mail());
            await live.IdleAsync();
        }

        Assert.False(live.Has("a"));
        Assert.True(live.Has("b"));
        Assert.True(live.Has("c"));
        Assert.Equal(2, live.Count);
    }

    [Fact]
    public async Task An_instance_without_a_session_is_not_kept()
    {
        var live = new LiveInstances(10, TaskScheduler.Default);
        live.Post("a", Mail());
        await live.IdleAsync();
        Assert.Equal(0, live.Count);
    }

    [Fact]
    public async Task One_task_at_a_time_works_on_an_instance_and_no_mail_is_missed_or_overtakes()
    {
        var live = new LiveInstances(10, TaskScheduler.Default);
        var (inside, most, got) = (0, 0, new List<Mail>());
        live.Work = async (_, mail) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            got.AddRange(mail);
            Interlocked.Decrement(ref inside);
        };
        Mail[] sent = [.. Enumerable.Range(0, 1000).Select(_ => Mail())];
        foreach (var one in sent)
        {
            live.Post("a", one);
        }

        await live.IdleAsync();
        Assert.Equal(1, most);
        Assert.Equal(sent, got);
    }

    private static LiveInstances Warming(int capacity)
    {
        var live = new LiveInstances(capacity, TaskScheduler.Default);
        live.Work = (one, _) =>
        {
            one.Stand(
                new InstanceState(one.InstanceId, "x", "n", "", 1, null, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch),
                new OrchestrationSession(new DurableTaskRegistry(), new ServiceCollection().BuildServiceProvider(), NullLoggerFactory.Instance));
            return Task.CompletedTask;
        };
        return live;
    }

    private static DirectMail Mail() => new DirectMail(new HistoryEvent());
}
