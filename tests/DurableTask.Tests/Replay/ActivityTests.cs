using DurableTask.Wire;

namespace DurableTask.Tests.Replay;

public class ActivityTests
{
    [Fact]
    public void Two_activities_in_a_row_are_scheduled_one_after_the_other_and_their_results_are_used()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<AddTwice>()).Start<AddTwice>(5);
        Assert.Equal(("Add", "5"), Scheduled(instance, 0));
        instance.Done(0, 6);
        Assert.Equal(("Add", "6"), Scheduled(instance, 1));
        instance.Done(1, 7);
        Assert.Equal(7, instance.Result<int>());
    }

    [Fact]
    public void Activities_started_together_are_scheduled_together_and_may_end_in_any_order()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<FanOut>()).Start<FanOut>(3);
        Assert.Equal(3, instance.Actions.Count);
        instance.Done(2, 30).Done(0, 10);
        Assert.Null(instance.End);
        instance.Done(1, 20);
        Assert.Equal([10, 20, 30], instance.Result<int[]>()!);
    }

    [Fact]
    public void A_result_told_twice_is_taken_once()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<AddTwice>()).Start<AddTwice>(5);
        instance.Done(0, 6).Done(0, 99).Done(1, 7);
        Assert.Equal(7, instance.Result<int>());
    }

    [Fact]
    public void A_failure_reaches_the_code_with_type_message_and_cause()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Describe>()).Start<Describe>();
        instance.Failed(0, new InvalidOperationException("no", new FormatException("why")));
        Assert.Equal("Flaky/0/System.InvalidOperationException/no/System.FormatException/why/False", instance.Result<string>());
    }

    [Fact]
    public void A_failure_that_nobody_catches_fails_the_instance_and_keeps_its_cause()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<AddTwice>()).Start<AddTwice>(5);
        instance.Failed(0, new InvalidOperationException("no"));
        Assert.Contains("'Add' (#0) failed: no", instance.Failure(), StringComparison.Ordinal);
        Assert.Equal("System.InvalidOperationException", instance.End!.FailureDetails.InnerFailure.ErrorType);
    }

    [Fact]
    public void Retries_wait_on_durable_timers_that_grow_and_then_give_up()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Persistent>()).Start<Persistent>();
        instance.Failed(0, new TimeoutException("1"));
        Assert.Equal(TimeSpan.FromSeconds(10), Wait(instance, 1));
        instance.Fire(1, TimeSpan.FromSeconds(10));
        Assert.Equal("Flaky", instance.Actions.Single().ScheduleTask.Name);
        instance.Failed(2, new TimeoutException("2"));
        Assert.Equal(TimeSpan.FromSeconds(20), Wait(instance, 3));
        instance.Fire(3, TimeSpan.FromSeconds(20)).Failed(4, new TimeoutException("3"));
        Assert.Contains("failed: 3", instance.Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_retry_that_succeeds_gives_the_result()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Persistent>()).Start<Persistent>();
        instance.Failed(0, new TimeoutException("1")).Fire(1, TimeSpan.FromSeconds(10)).Done(2, "fine");
        Assert.Equal("fine", instance.Result<string>());
    }

    [Fact]
    public void A_permanent_failure_stops_retries_at_once()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Persistent>()).Start<Persistent>();
        instance.Failed(0, new PermanentFailureException("never"));
        Assert.Contains("never", instance.Failure(), StringComparison.Ordinal);
        Assert.True(instance.End!.FailureDetails.IsNonRetriable);
    }

    [Fact]
    public void Retries_end_when_their_time_is_up()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Hurried>()).Start<Hurried>();
        instance.Failed(0, new TimeoutException("1")).Fire(1, TimeSpan.FromSeconds(10)).Failed(2, new TimeoutException("2"));
        Assert.Contains("failed: 2", instance.Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_child_gets_a_deterministic_id_and_its_failure_is_retried_by_policy()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Parent>()).Start<Parent>("given");
        var first = instance.Actions[0].CreateSubOrchestration;
        Assert.Equal("given", first.InstanceId);
        Assert.Equal(32, instance.Actions[1].CreateSubOrchestration.InstanceId.Length);
        instance.Step(instance.Event(e => e.SubOrchestrationInstanceFailed = new SubOrchestrationInstanceFailedEvent
        {
            TaskScheduledId = 0,
            FailureDetails = new DurableTask.Wire.TaskFailureDetails { ErrorType = "T", ErrorMessage = "child" },
        }));
        instance.Fire(2, TimeSpan.FromSeconds(10));
        Assert.Equal("given", instance.Actions.Single().CreateSubOrchestration.InstanceId);
        instance.Step(Child(instance, 3, "a")).Step(Child(instance, 1, "b"));
        Assert.Equal("ab", instance.Result<string>());
    }

    private static HistoryEvent Child(InstanceDriver instance, int id, string result) => instance.Event(e =>
        e.SubOrchestrationInstanceCompleted = new SubOrchestrationInstanceCompletedEvent { TaskScheduledId = id, Result = DurableJson.Write(result) });

    private static (string, string?) Scheduled(InstanceDriver instance, int id)
    {
        var action = instance.Actions.Single(one => one.Id == id);
        return (action.ScheduleTask.Name, action.ScheduleTask.Input);
    }

    private static TimeSpan Wait(InstanceDriver instance, int id)
    {
        var action = instance.Actions.Single(one => one.Id == id);
        // The driver's clock has moved on by a second since the step.
        return action.CreateTimer.FireAt.ToDateTimeOffset() - instance.Now + TimeSpan.FromSeconds(1);
    }

    private sealed class AddTwice : TaskOrchestrator<int, int>
    {
        public override async Task<int> RunAsync(TaskOrchestrationContext context, int input)
        {
            var once = await context.CallActivityAsync<int>("Add", input);
            return await context.CallActivityAsync<int>("Add", once);
        }
    }

    private sealed class FanOut : TaskOrchestrator<int, int[]>
    {
        public override async Task<int[]> RunAsync(TaskOrchestrationContext context, int input) =>
            await Task.WhenAll(Enumerable.Range(0, input).Select(n => context.CallActivityAsync<int>("Work", n)));
    }

    private sealed class Describe : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            try
            {
                return await context.CallActivityAsync<string>("Flaky");
            }
            catch (TaskFailedException e)
            {
                var inner = e.FailureDetails.InnerFailure;
                return $"{e.TaskName}/{e.TaskId}/{e.FailureDetails.ErrorType}/{e.FailureDetails.ErrorMessage}/{inner?.ErrorType}/{inner?.ErrorMessage}/{e.FailureDetails.IsNonRetriable}";
            }
        }
    }

    private sealed class Persistent : TaskOrchestrator<string?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string? input) =>
            context.CallActivityAsync<string>("Flaky", input, TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromSeconds(10), 2)));
    }

    private sealed class Hurried : TaskOrchestrator<string?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string? input) => context.CallActivityAsync<string>(
            "Flaky", input, TaskOptions.FromRetryPolicy(new RetryPolicy(9, TimeSpan.FromSeconds(10), retryTimeout: TimeSpan.FromSeconds(20))));
    }

    private sealed class Parent : TaskOrchestrator<string, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
        {
            var named = context.CallSubOrchestratorAsync<string>("Child", 1, new SubOrchestrationOptions(new RetryPolicy(2, TimeSpan.FromSeconds(10)), input));
            var unnamed = context.CallSubOrchestratorAsync<string>("Child", 2);
            return await named + await unnamed;
        }
    }
}
