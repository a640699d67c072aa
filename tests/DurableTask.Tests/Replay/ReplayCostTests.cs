using DurableTask.Replay;
using DurableTask.Wire;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableTask.Tests.Replay;

// What a replay costs an event must not depend on how many there are. Counted here is what it allocates, as by copying. What only looks through everything again is not seen here; ./bench engine measures the time of a chain.
public class ReplayCostTests
{
    private static readonly Timestamp At = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    [Theory]
    [InlineData("Chain")]
    [InlineData("Fan")]
    [InlineData("Events")]
    public void A_long_history_takes_no_more_memory_per_event_than_a_short_one(string shape)
    {
        // What is made once is made here.
        Allocated(shape, 500);
        var (few, many) = (Allocated(shape, 500) / 500, Allocated(shape, 10_000) / 10_000);
        // Lists and tables that double are up to twice as large as they need be.
        Assert.True(many < few * 2, $"{shape}: an event of 500 took {few} bytes, one of 10,000 {many}");
    }

    private static long Allocated(string shape, int count)
    {
        HistoryEvent[] history = [.. Shape(shape, count)];
        var session = new OrchestrationSession(Tasks(), new ServiceCollection().BuildServiceProvider(), NullLoggerFactory.Instance);
        var before = GC.GetAllocatedBytesForCurrentThread();
        session.Replay(history);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Null(session.Divergence);
        Assert.Equal($"{count}", session.End!.Result);
        return allocated;
    }

    private static DurableTaskRegistry Tasks() => new DurableTaskRegistry()
        .AddOrchestratorFunc<int, int>("Chain", async (context, count) =>
        {
            for (var n = 0; n < count; n++)
            {
                await context.CallActivityAsync<int>("A", n);
            }

            return count;
        })
        .AddOrchestratorFunc<int, int>("Fan", async (context, count) => (await Task.WhenAll(Enumerable.Range(0, count).Select(n => context.CallActivityAsync<int>("A", n)))).Length)
        .AddOrchestratorFunc<int, int>("Events", async (context, count) =>
        {
            await context.CreateTimer(TimeSpan.FromSeconds(1), CancellationToken.None);
            for (var n = 0; n < count; n++)
            {
                await context.WaitForExternalEvent<int>(n % 2 == 0 ? "even" : "odd");
            }

            return count;
        });

    // As a store writes it: each step with what it took in and what it called.
    private static IEnumerable<HistoryEvent> Shape(string shape, int count)
    {
        var started = new HistoryEvent { EventId = -1, ExecutionStarted = new ExecutionStartedEvent { Name = shape, Input = $"{count}", OrchestrationInstance = new OrchestrationInstance { InstanceId = "i" } } };
        var ends = Enumerable.Range(0, count).Select(n => new HistoryEvent { EventId = -1, TaskCompleted = new TaskCompletedEvent { TaskScheduledId = n, Result = ResultEnvelope.Success("1") } });
        var calls = Enumerable.Range(0, count).Select(n => new HistoryEvent { EventId = n, TaskScheduled = new TaskScheduledEvent { Name = "A" } }).ToList();
        var fired = new HistoryEvent { EventId = -1, Timestamp = At, TimerFired = new TimerFiredEvent { TimerId = 0 } };
        var timer = new HistoryEvent { EventId = 0, TimerCreated = new TimerCreatedEvent { FireAt = At } };
        var raised = Enumerable.Range(0, count).Select(n => new HistoryEvent { EventId = -1, EventRaised = new EventRaisedEvent { Name = n % 2 == 0 ? "EVEN" : "odd", Input = "1" } });
        var end = new HistoryEvent
        {
            EventId = shape == "Events" ? 1 : count,
            ExecutionCompleted = new ExecutionCompletedEvent { OrchestrationStatus = OrchestrationStatus.Completed, Result = $"{count}" },
        };
        return shape switch
        {
            "Chain" => [.. Step(0, started, calls[0]), .. ends.SelectMany((done, n) => Step(0, done, n + 1 < count ? calls[n + 1] : end))],
            "Fan" => [.. Step(0, [started, .. calls]), .. ends.SelectMany((done, n) => n + 1 < count ? Step(0, done) : Step(0, done, end))],
            _ => [.. Step(0, started, timer), .. raised.SelectMany(one => Step(0, one)), .. Step(2, fired, end)],
        };
    }

    private static IEnumerable<HistoryEvent> Step(int seconds, params HistoryEvent[] events) =>
    [
        new HistoryEvent { EventId = -1, Timestamp = Timestamp.FromDateTimeOffset(At.ToDateTimeOffset().AddSeconds(seconds)), OrchestratorStarted = new OrchestratorStartedEvent() },
        .. events,
        new HistoryEvent { EventId = -1, OrchestratorCompleted = new OrchestratorCompletedEvent() },
    ];
}
