namespace DurableTask.Tests.Replay;

public class TimerAndEventTests
{
    [Fact]
    public void A_timer_that_fires_early_is_waited_for_again()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Sleep>()).Start<Sleep>(60);
        var at = instance.Actions.Single().CreateTimer.FireAt;
        instance.Fire(0, TimeSpan.FromSeconds(30));
        // A second later: asked for the same moment, the host would fire at once again, until it is there.
        Assert.Equal(at.ToDateTime().AddSeconds(1), instance.Actions.Single().CreateTimer.FireAt.ToDateTime());
        instance.Fire(1, TimeSpan.FromSeconds(40));
        Assert.True(instance.Result<bool>());
    }

    [Theory]
    [InlineData('\0')]
    [InlineData('\ud800')]
    public void An_event_to_an_id_that_no_store_can_hold_is_the_senders_error(char bad) =>
        Assert.Contains("instance id", new InstanceDriver(r => r.AddOrchestrator<Sender>()).Start<Sender>((int)bad).Failure(), StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void A_very_long_timer_is_made_of_parts()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Sleep>()).Start<Sleep>(TimeSpan.FromDays(400).TotalSeconds);
        var parts = 0;
        while (instance.End is null)
        {
            var timer = instance.Actions.Single();
            var wait = timer.CreateTimer.FireAt.ToDateTimeOffset() - instance.Now;
            Assert.True(wait <= TimeSpan.FromDays(3));
            instance.Fire(timer.Id, wait);
            parts++;
        }

        Assert.Equal(134, parts);
        Assert.True(instance.Result<bool>());
    }

    [Fact]
    public void An_event_that_came_before_anyone_waited_is_kept_and_its_name_has_no_case()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<ActThenListen>()).Start<ActThenListen>();
        instance.Raise("GO", "early").Raise("other", "x").Done(0);
        Assert.Equal("early", instance.Result<string>());
    }

    [Fact]
    public void Events_of_one_name_are_taken_in_the_order_they_came()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Collect>()).Start<Collect>();
        instance.Raise("item", "a").Step(instance.Raised("item", "b"), instance.Raised("item", "c"));
        Assert.Equal("abc", instance.Result<string>());
    }

    [Fact]
    public void Of_two_who_wait_for_one_name_the_one_who_asked_last_is_served_first()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<TwoWaiters>()).Start<TwoWaiters>();
        instance.Raise("go", 1).Raise("go", 2);
        Assert.Equal("2-1", instance.Result<string>());
    }

    [Fact]
    public void An_event_before_the_timeout_wins_and_the_late_timer_does_not_matter()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Approval>()).Start<Approval>();
        instance.Raise("decision", "yes").Fire(0, TimeSpan.FromMinutes(1));
        Assert.Equal("yes then act", instance.CustomStatus?.Trim('"'));
        instance.Done(1);
        Assert.Equal("yes", instance.Result<string>());
    }

    [Fact]
    public void After_the_timeout_the_wait_is_cancelled_and_a_late_event_goes_to_the_next_who_asks()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Approval>()).Start<Approval>();
        instance.Fire(0, TimeSpan.FromMinutes(1)).Raise("decision", "late");
        instance.Done(1);
        Assert.Equal("late", instance.Result<string>());
    }

    [Fact]
    public void A_sent_event_is_a_step_of_its_own()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Sender>()).Start<Sender>();
        var sent = instance.Actions[0].SendEvent;
        Assert.Equal(("gate:1", "hello", "42"), (sent.Instance.InstanceId, sent.Name, sent.Data));
        Assert.True(instance.Result<bool>());
    }

    private sealed class Sleep : TaskOrchestrator<double, bool>
    {
        public override async Task<bool> RunAsync(TaskOrchestrationContext context, double input)
        {
            var end = context.CurrentUtcDateTime.AddSeconds(input);
            await context.CreateTimer(TimeSpan.FromSeconds(input), CancellationToken.None);
            return context.CurrentUtcDateTime >= end;
        }
    }

    private sealed class ActThenListen : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.CallActivityAsync("Act");
            return await context.WaitForExternalEvent<string>("go");
        }
    }

    private sealed class Collect : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            var all = "";
            while (all.Length < 3)
            {
                all += await context.WaitForExternalEvent<string>("item");
            }

            return all;
        }
    }

    private sealed class TwoWaiters : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            var (first, second) = (context.WaitForExternalEvent<int>("go"), context.WaitForExternalEvent<int>("go"));
            return $"{await first}-{await second}";
        }
    }

    private sealed class Approval : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            string? decision = null;
            try
            {
                decision = await context.WaitForExternalEvent<string>("decision", TimeSpan.FromMinutes(1));
                context.SetCustomStatus($"{decision} then act");
            }
            catch (TaskCanceledException)
            {
                context.SetCustomStatus("expired");
            }

            await context.CallActivityAsync("Act");
            return decision ?? await context.WaitForExternalEvent<string>("decision");
        }
    }

    private sealed class Sender : TaskOrchestrator<int?, bool>
    {
        public override Task<bool> RunAsync(TaskOrchestrationContext context, int? bad)
        {
            context.SendEvent(bad is { } one ? $"gate:{(char)one}" : "gate:1", "hello", 42);
            return Task.FromResult(true);
        }
    }
}
