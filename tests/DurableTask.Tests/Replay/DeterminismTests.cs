namespace DurableTask.Tests.Replay;

public class DeterminismTests
{
    [Fact]
    public void Code_that_takes_another_step_than_history_fails_and_the_message_names_the_step()
    {
        var instance = Started<Old>();
        var after = With<Other>(instance);
        Assert.Contains("step #0: history has an activity 'Act', but the code now takes another: an activity 'Different'", after, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_takes_a_step_that_history_does_not_have_fails()
    {
        var instance = Started<Old>();
        Assert.Contains("step #1: the code now takes a timer there, which history does not have", With<More>(instance), StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_leaves_a_step_out_fails()
    {
        var instance = Started<Old>();
        Assert.Contains("step #0: history has an activity 'Act', but the code does not take that step any more", With<Less>(instance), StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_ends_where_history_goes_on_fails()
    {
        var instance = Started<Old>();
        instance.Done(0);
        Assert.Contains("the code now takes the end of the orchestration there", With<EndsEarly>(instance), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("delay")]
    [InlineData("pool")]
    [InlineData("configure")]
    public void Code_that_leaves_its_thread_fails(string how)
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Leaver>()).Start<Leaver>(how);
        if (instance.End is null)
        {
            instance.Done(0, 1);
        }

        Assert.Contains("left its thread after step #", instance.Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_foreign_task_beside_a_durable_one_is_found_when_it_comes_back()
    {
        var store = new InstanceDriver(r => r.AddOrchestrator<Both>());
        var session = store.Cold([]);
        Both.Foreign = new TaskCompletionSource();
        session.Advance([store.Event(e => e.ExecutionStarted = new DurableTask.Wire.ExecutionStartedEvent { Name = nameof(Both) })]);
        Assert.False(session.IsCompleted);
        Both.Foreign.SetResult();
        var end = Assert.Single(session.Advance([store.Raised("x", null)]).Actions).CompleteOrchestration;
        Assert.Contains("left its thread after step #0", end.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Yielding_is_allowed()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Yielding>()).Start<Yielding>();
        Assert.True(instance.Result<bool>());
    }

    private static InstanceDriver Started<T>() where T : class, ITaskOrchestrator => new InstanceDriver(r => r.AddOrchestrator<T>()).Start<T>();

    // The same history, another build of the orchestrator.
    private static string With<T>(InstanceDriver old) where T : class, ITaskOrchestrator
    {
        var session = new InstanceDriver(r => r.AddOrchestrator<T>()).Cold(old.History);
        var answer = session.Advance([DurableTask.Replay.StepHistory.Started(old.Now), old.Raised("go", null)]);
        var end = Assert.Single(answer.Actions).CompleteOrchestration;
        Assert.Equal(DurableTask.Wire.OrchestrationStatus.Failed, end.OrchestrationStatus);
        Assert.Equal(typeof(NonDeterminismException).FullName, end.FailureDetails.ErrorType);
        return end.FailureDetails.ErrorMessage;
    }

    [DurableTask("Job")]
    private sealed class Old : TaskOrchestrator<string?, bool>
    {
        public override async Task<bool> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.CallActivityAsync("Act");
            await context.WaitForExternalEvent<string>("go");
            return true;
        }
    }

    [DurableTask("Job")]
    private sealed class Other : TaskOrchestrator<string?, bool>
    {
        public override async Task<bool> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.CallActivityAsync("Different");
            return true;
        }
    }

    [DurableTask("Job")]
    private sealed class More : TaskOrchestrator<string?, bool>
    {
        public override async Task<bool> RunAsync(TaskOrchestrationContext context, string? input)
        {
            var act = context.CallActivityAsync("Act");
            await context.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None);
            await act;
            return true;
        }
    }

    [DurableTask("Job")]
    private sealed class Less : TaskOrchestrator<string?, bool>
    {
        public override async Task<bool> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.WaitForExternalEvent<string>("go");
            return true;
        }
    }

    [DurableTask("Job")]
    private sealed class EndsEarly : TaskOrchestrator<string?, bool>
    {
        public override async Task<bool> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.CallActivityAsync("Act");
            return true;
        }
    }

    private sealed class Leaver : TaskOrchestrator<string, bool>
    {
        public override async Task<bool> RunAsync(TaskOrchestrationContext context, string input)
        {
            switch (input)
            {
                case "delay":
                    await Task.Delay(TimeSpan.FromDays(1));
                    break;
                case "pool":
                    await Task.Run(() => context.NewGuid());
                    break;
                default:
                    await context.CallActivityAsync("Act").ConfigureAwait(false);
                    await context.CallActivityAsync("Act");
                    break;
            }

            return true;
        }
    }

    private sealed class Both : TaskOrchestrator<string?, bool>
    {
        public static TaskCompletionSource Foreign { get; set; } = new();

        public override async Task<bool> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await Task.WhenAny(Foreign.Task, context.CallActivityAsync("Act"));
            return true;
        }
    }

    private sealed class Yielding : TaskOrchestrator<string?, bool>
    {
        public override async Task<bool> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await Task.Yield();
            return context.InstanceId.Length > 0;
        }
    }
}
