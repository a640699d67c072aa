namespace DurableTask.PostgreSql.Tests.Hub;

public class WorkflowTests
{
    [Fact]
    public async Task Activities_run_and_their_results_come_back()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Chain>().AddActivity<Add>());
        Assert.Equal(8, await hub.RunAsync<int>(typeof(Chain), 5));
    }

    [Fact]
    public async Task Many_activities_run_side_by_side()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<FanOut>().AddActivity<Add>());
        Assert.Equal(Enumerable.Range(1, 100).Sum(), await hub.RunAsync<int>(typeof(FanOut), 100));
    }

    [Fact]
    public async Task A_failing_activity_is_retried_by_its_policy_with_durable_timers()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Retrying>().AddActivity<FailsTwice>());
        Assert.Equal(3, await hub.RunAsync<int>(typeof(Retrying)));
    }

    [Fact]
    public async Task A_permanent_failure_is_not_retried_and_fails_the_instance_with_its_reason()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Hopeless>().AddActivity<Never>());
        var end = await hub.EndAsync(await hub.StartAsync<Hopeless>());
        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.True(end.FailureDetails!.IsCausedBy<TaskFailedException>());
        Assert.True(end.FailureDetails.InnerFailure!.IsCausedBy<PermanentFailureException>());
        Assert.Contains("not today", end.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_child_runs_and_knows_its_parent()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Parent>().AddOrchestrator<Child>());
        var id = await hub.StartAsync<Parent>("project:1", "p:1");
        Assert.Equal("Parent p:1 project:1", await hub.ResultAsync<string>(id));
        Assert.Equal("p:1", (await hub.Client.GetInstanceAsync("child:project:1"))!.ParentInstanceId);
    }

    [Fact]
    public async Task A_failed_child_is_tried_again_under_the_same_id()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<StubbornParent>().AddOrchestrator<FailsOnce>().AddActivity<Add>());
        FailsOnce.Runs = 0;
        Assert.Equal("at last", await hub.RunAsync<string>(typeof(StubbornParent)));
    }

    [Fact]
    public async Task A_child_whose_id_is_running_already_fails_the_call_and_not_the_other_instance()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Parent>().AddOrchestrator<Child>().AddOrchestrator<Waiting>());
        await hub.StartAsync<Waiting>(null, "child:x");
        var end = await hub.EndAsync(await hub.StartAsync<Parent>("x"));
        Assert.Contains("already running", end.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
        await hub.Client.RaiseEventAsync("child:x", "go", "1");
        Assert.Equal("1", await hub.ResultAsync<string>("child:x"));
    }

    [Fact]
    public async Task A_timer_fires_and_never_early()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Sleeper>());
        Assert.True(await hub.RunAsync<bool>(typeof(Sleeper), 300));
    }

    [Fact]
    public async Task An_event_wins_over_its_timeout_and_a_timeout_over_nothing()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Deadline>());
        var (slow, fast) = (await hub.StartAsync<Deadline>(200), await hub.StartAsync<Deadline>(60_000));
        await hub.Client.RaiseEventAsync(fast, "DECISION", "yes");
        Assert.Equal("yes", await hub.ResultAsync<string>(fast));
        Assert.Equal("expired", await hub.ResultAsync<string>(slow));
        Assert.Equal(0, await hub.CountAsync("select count(*) from durable.timers"));
    }

    [Fact]
    public async Task Instances_send_each_other_events()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Waiting>().AddOrchestrator<Sender>());
        await hub.StartAsync<Waiting>(null, "gate:1");
        await hub.RunAsync<bool>(typeof(Sender), "gate:1");
        Assert.Equal("hello", await hub.ResultAsync<string>("gate:1"));
        Assert.True(await hub.RunAsync<bool>(typeof(Sender), "nobody"));
    }

    [Fact]
    public async Task Continue_as_new_forgets_its_history_and_keeps_what_nobody_took()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Counter>());
        var id = await hub.StartAsync<Counter>(new CounterState(0, 0));
        await Task.WhenAll(Enumerable.Range(1, 50).Select(n => hub.Client.RaiseEventAsync(id, "add", n)));
        Assert.Equal(Enumerable.Range(1, 50).Sum(), await hub.ResultAsync<int>(id));
        Assert.InRange(await hub.CountAsync("select count(*) from durable.history"), 1, 3);
        Assert.Equal(0, await hub.CountAsync("select count(*) from durable.messages"));
    }

    [Fact]
    public async Task Continue_as_new_is_possible_before_anything_was_awaited()
    {
        await using var hub = await TestHub.StartAsync(r => r.AddOrchestrator<Countdown>());
        Assert.Equal("lift-off", await hub.RunAsync<string>(typeof(Countdown), 3));
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.history"));
    }

    private sealed class Add : TaskActivity<int, int>
    {
        public override Task<int> RunAsync(TaskActivityContext context, int input) => Task.FromResult(input + 1);
    }

    private sealed class Never : TaskActivity<int, int>
    {
        public override Task<int> RunAsync(TaskActivityContext context, int input) => throw new PermanentFailureException("not today");
    }

    private sealed class FailsTwice : TaskActivity<int, int>
    {
        private static int runs;

        public override Task<int> RunAsync(TaskActivityContext context, int input) =>
            Interlocked.Increment(ref runs) is var n && n < 3 ? throw new TimeoutException("again") : Task.FromResult(n);
    }

    private sealed class Chain : TaskOrchestrator<int, int>
    {
        public override async Task<int> RunAsync(TaskOrchestrationContext context, int input)
        {
            for (var i = 0; i < 3; i++)
            {
                input = await context.CallActivityAsync<int>(nameof(Add), input);
            }

            return input;
        }
    }

    private sealed class FanOut : TaskOrchestrator<int, int>
    {
        public override async Task<int> RunAsync(TaskOrchestrationContext context, int input) =>
            (await Task.WhenAll(Enumerable.Range(0, input).Select(n => context.CallActivityAsync<int>(nameof(Add), n)))).Sum();
    }

    private sealed class Retrying : TaskOrchestrator<int, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, int input) => context.CallActivityAsync<int>(
            nameof(FailsTwice), 1, TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromMilliseconds(20), 2)));
    }

    private sealed class Hopeless : TaskOrchestrator<int, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, int input) => context.CallActivityAsync<int>(
            nameof(Never), 1, TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromHours(1))));
    }

    private sealed class Parent : TaskOrchestrator<string, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string input) =>
            context.CallSubOrchestratorAsync<string>(nameof(Child), input, new SubOrchestrationOptions(instanceId: "child:" + input));
    }

    private sealed class Child : TaskOrchestrator<string, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string input) =>
            Task.FromResult($"{context.Parent?.Name} {context.Parent?.InstanceId} {input}");
    }

    private sealed class StubbornParent : TaskOrchestrator<string?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string? input) =>
            context.CallSubOrchestratorAsync<string>(nameof(FailsOnce), null, new SubOrchestrationOptions(new RetryPolicy(3, TimeSpan.FromMilliseconds(20)), "always:the:same"));
    }

    private sealed class FailsOnce : TaskOrchestrator<string?, string>
    {
        public static int Runs { get; set; }

        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.CallActivityAsync<int>(nameof(Add), 1);
            return Runs++ == 0 ? throw new InvalidOperationException("first") : "at last";
        }
    }

    private sealed class Sleeper : TaskOrchestrator<int, bool>
    {
        public override async Task<bool> RunAsync(TaskOrchestrationContext context, int input)
        {
            var end = context.CurrentUtcDateTime.AddMilliseconds(input);
            await context.CreateTimer(TimeSpan.FromMilliseconds(input), CancellationToken.None);
            return context.CurrentUtcDateTime >= end;
        }
    }

    private sealed class Deadline : TaskOrchestrator<int, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, int input)
        {
            try
            {
                return await context.WaitForExternalEvent<string>("decision", TimeSpan.FromMilliseconds(input));
            }
            catch (TaskCanceledException)
            {
                return "expired";
            }
        }
    }

    private sealed class Waiting : TaskOrchestrator<string?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string? input) => context.WaitForExternalEvent<string>("go");
    }

    private sealed class Sender : TaskOrchestrator<string, bool>
    {
        public override Task<bool> RunAsync(TaskOrchestrationContext context, string input)
        {
            context.SendEvent(input, "go", "hello");
            return Task.FromResult(true);
        }
    }

    private sealed class Countdown : TaskOrchestrator<int, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, int input)
        {
            if (input > 0)
            {
                context.ContinueAsNew(input - 1);
            }

            return Task.FromResult("lift-off");
        }
    }

    private sealed record CounterState(int Seen, int Sum);

    private sealed class Counter : TaskOrchestrator<CounterState, int>
    {
        public override async Task<int> RunAsync(TaskOrchestrationContext context, CounterState input)
        {
            var sum = input.Sum + await context.WaitForExternalEvent<int>("add");
            if (input.Seen == 49)
            {
                return sum;
            }

            context.ContinueAsNew(new CounterState(input.Seen + 1, sum));
            return 0;
        }
    }
}
