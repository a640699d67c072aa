using CsCheck;
using DurableTask.Wire;

namespace DurableTask.Tests.Replay;

using Kind = OrchestratorAction.OrchestratorActionTypeOneofCase;

// Random programs in a random world: batches, orders, failures, early timers, suspensions. The driver compares warm and cold at every step.
public class AnyProgramTests
{
    [Fact]
    public void Advancing_a_warm_session_equals_a_cold_replay()
    {
        var ended = 0;
        Gen.Int.Array[1, 8].Select(Gen.Int).Sample(
            (program, seed) =>
            {
                var world = new Random(seed);
                var instance = new InstanceDriver(r => r.AddOrchestrator<Program>()).Start<Program>(program);
                var open = new List<(int Id, Kind Kind)>();
                for (var step = 0; step < 60 && instance.End is null; step++)
                {
                    open.AddRange(instance.Actions.Select(action => (action.Id, action.OrchestratorActionTypeCase)));
                    instance.Step([.. Happenings(instance, open, world)]);
                }

                ended += instance.End is null ? 0 : 1;
                Assert.NotEqual(OrchestrationStatus.Failed, instance.End?.OrchestrationStatus);
            },
            iter: 400, threads: 1);
        Assert.True(ended > 200, $"only {ended} programs came to an end");
    }

    private static IEnumerable<HistoryEvent> Happenings(InstanceDriver instance, List<(int Id, Kind Kind)> open, Random world)
    {
        instance.Now += TimeSpan.FromSeconds(world.Next(5));
        for (var n = world.Next(4); n > 0 && open.Count > 0; n--)
        {
            var one = open[world.Next(open.Count)];
            open.Remove(one);
            if (End(instance, one, world) is { } end)
            {
                yield return end;
            }
        }

        if (world.Next(2) == 0)
        {
            yield return instance.Raised(world.Next(2) == 0 ? "a" : "B", world.Next(100));
        }

        if (world.Next(10) == 0)
        {
            yield return instance.Event(e => e.ExecutionSuspended = new ExecutionSuspendedEvent());
        }

        if (world.Next(5) == 0 || instance.Last.IsSuspended)
        {
            yield return instance.Event(e => e.ExecutionResumed = new ExecutionResumedEvent());
        }
    }

    private static HistoryEvent? End(InstanceDriver instance, (int Id, Kind Kind) one, Random world) => one.Kind switch
    {
        Kind.ScheduleTask when world.Next(3) == 0 => instance.Event(e => e.TaskCompleted = new TaskCompletedEvent
        {
            TaskScheduledId = one.Id,
            Result = ResultEnvelope.Failed(DurableTask.TaskFailureDetails.FromException(new TimeoutException("t" + one.Id))),
        }),
        Kind.ScheduleTask => instance.Completed(one.Id, one.Id),
        Kind.CreateTimer => instance.Event(e => e.TimerFired = new TimerFiredEvent { TimerId = one.Id }),
        Kind.CreateSubOrchestration => instance.Event(e => e.SubOrchestrationInstanceCompleted = new SubOrchestrationInstanceCompletedEvent { TaskScheduledId = one.Id, Result = "7" }),
        _ => null,
    };

    private sealed class Program : TaskOrchestrator<int[], string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, int[] input)
        {
            var seen = new List<string>();
            var retries = TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromSeconds(2), 2));
            foreach (var op in input)
            {
                context.SetCustomStatus(seen);
                seen.Add(await Quietly(() => (Math.Abs((long)op) % 9) switch
                {
                    0 => One(context.CallActivityAsync<int>("A", op)),
                    1 => One(context.CallActivityAsync<int>("B", op, retries)),
                    2 => Many(Task.WhenAll(Enumerable.Range(0, 4).Select(n => context.CallActivityAsync<int>("C", n, retries)))),
                    3 => One(context.WaitForExternalEvent<int>("a", TimeSpan.FromSeconds(Math.Abs((long)op) % 20))),
                    4 => One(context.WaitForExternalEvent<int>("b")),
                    5 => Slept(context, Math.Abs((long)op) % 30),
                    6 => One(context.CallSubOrchestratorAsync<int>("Child", op)),
                    7 => Race(context),
                    _ => Sent(context),
                }));
            }

            return string.Join('/', seen);
        }

        private static async Task<string> Quietly(Func<Task<string>> op)
        {
            try
            {
                return await op();
            }
            catch (Exception e) when (e is TaskFailedException or TaskCanceledException)
            {
                return e.GetType().Name;
            }
        }

        private static async Task<string> One(Task<int> task) => $"{await task}";

        private static async Task<string> Many(Task<int[]> task) => string.Join(',', await task);

        private static async Task<string> Slept(TaskOrchestrationContext context, long seconds)
        {
            var end = context.CurrentUtcDateTime.AddSeconds(seconds);
            await context.CreateTimer(end, CancellationToken.None);
            return context.CurrentUtcDateTime >= end ? $"{context.CurrentUtcDateTime:O}" : throw new InvalidOperationException("too early");
        }

        private static async Task<string> Race(TaskOrchestrationContext context)
        {
            using var cancel = new CancellationTokenSource();
            var activity = context.CallActivityAsync<int>("R");
            var timer = context.CreateTimer(TimeSpan.FromSeconds(8), cancel.Token);
            var first = await Task.WhenAny(activity, timer);
            cancel.Cancel();
            return first == timer ? "timer" : await One(activity);
        }

        private static Task<string> Sent(TaskOrchestrationContext context)
        {
            context.SendEvent("other", "hi", 1);
            return Task.FromResult(context.NewGuid().ToString());
        }
    }
}
