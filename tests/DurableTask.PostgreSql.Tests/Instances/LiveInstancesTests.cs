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

    // A row has its place before what was told directly, and a start is for an instance that is not there yet.
    [Fact]
    public async Task A_step_that_waits_is_joined_by_what_was_told_directly_or_nothing()
    {
        var live = new LiveInstances(10, TaskScheduler.Default);
        StoredMail row = new(1, null, IsCarried: false, [], Attempts: 1, LastError: null);
        Mail direct = Mail();
        List<Mail> got = [];
        List<IReadOnlyList<Mail>> joining = [];
        live.Work = (one, mail) =>
        {
            got.AddRange(mail);
            if (got.Count == 1)
            {
                live.Post("a", direct);
                joining.Add(live.TakeJoining(one));
                live.Post("a", row, direct);
                joining.Add(live.TakeJoining(one));
            }

            return Task.CompletedTask;
        };
        Mail first = Mail();
        live.Post("a", first);
        await live.IdleAsync();
        Assert.Equal([[direct], []], joining);
        Assert.Equal([first, row, direct], got);
    }

    [Fact]
    public async Task What_is_returned_comes_again_before_what_has_come_meanwhile()
    {
        var live = new LiveInstances(10, TaskScheduler.Default);
        List<Mail> got = [];
        Mail first = Mail(), second = Mail();
        live.Work = (one, mail) =>
        {
            got.AddRange(mail);
            if (got.Count == 1)
            {
                live.Post("a", second);
                live.Return(one, mail);
            }

            return Task.CompletedTask;
        };
        live.Post("a", first);
        await live.IdleAsync();
        Assert.Equal([first, first, second], got);
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
