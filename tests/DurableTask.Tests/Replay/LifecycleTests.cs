using DurableTask.Wire;
using Microsoft.Extensions.Logging;

namespace DurableTask.Tests.Replay;

public class LifecycleTests
{
    [Fact]
    public void Continue_as_new_carries_the_events_over_that_nobody_took()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Eternal>()).Start<Eternal>(1);
        instance.Step(instance.Raised("tickle", "t1"), instance.Raised("tickle", "t2"), instance.Raised("tickle", "t3"));
        Assert.Equal(OrchestrationStatus.ContinuedAsNew, instance.End!.OrchestrationStatus);
        Assert.Equal("2", instance.End.Result);
        Assert.Equal(["\"t2\"", "\"t3\""], instance.End.CarryoverEvents.Select(e => e.EventRaised.Input));
    }

    [Fact]
    public void Continue_as_new_takes_the_newest_version_and_a_running_instance_keeps_its_own()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Versioned1>().AddOrchestrator<Versioned2>().AddOrchestrator<Versioned10>()).Start<Versioned1>(null, "1");
        instance.Raise("go");
        Assert.Equal("\"ran 1\"", instance.End!.Result);
        Assert.Equal("10", instance.End.NewVersion);
    }

    [Fact]
    public void An_instance_of_a_version_this_worker_does_not_have_is_left_alone()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Versioned1>());
        Assert.Throws<DurableTask.Replay.UnknownTaskException>(() => instance.Start<Versioned2>(null, "2"));
    }

    [Fact]
    public void While_suspended_everything_is_kept_and_resume_delivers_it_in_order()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<ActThenListen>()).Start<ActThenListen>();
        instance.Suspend();
        Assert.True(instance.Last.IsSuspended);
        instance.Done(0).Raise("go", "kept");
        Assert.Null(instance.End);
        instance.Resume();
        Assert.Equal("kept", instance.Result<string>());
        Assert.False(instance.Last.IsSuspended);
    }

    [Fact]
    public void Terminate_ends_a_suspended_instance_too()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<ActThenListen>()).Start<ActThenListen>().Suspend().Terminate("enough");
        Assert.Equal(OrchestrationStatus.Terminated, instance.End!.OrchestrationStatus);
        Assert.Equal("\"enough\"", instance.End.Result);
    }

    [Fact]
    public void Terminate_in_the_same_step_wins_over_continue_as_new()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Eternal>()).Start<Eternal>(1);
        instance.Step(instance.Raised("tickle", "t1"), instance.Event(e => e.ExecutionTerminated = new ExecutionTerminatedEvent()));
        Assert.Equal(OrchestrationStatus.Terminated, instance.Actions.Single().CompleteOrchestration.OrchestrationStatus);
    }

    [Fact]
    public void A_long_custom_status_is_cut_to_eight_kilobytes_of_valid_json()
    {
        var instance = new InstanceDriver(r => r.AddOrchestrator<Talkative>()).Start<Talkative>(new string('ä', 100_000));
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(instance.CustomStatus!), 6000, 8192);
        Assert.StartsWith("äää", DurableJson.Read<string>(instance.CustomStatus), StringComparison.Ordinal);
    }

    [Fact]
    public void Ids_are_the_same_in_every_replay_and_differ_between_calls_and_instances()
    {
        var one = new InstanceDriver(r => r.AddOrchestrator<Ids>(), "a").Start<Ids>().Result<Guid[]>()!;
        var other = new InstanceDriver(r => r.AddOrchestrator<Ids>(), "b").Start<Ids>().Result<Guid[]>()!;
        Assert.Equal(6, one.Concat(other).Distinct().Count());
        Assert.All(one, id => Assert.Equal(5, id.Version));
    }

    [Fact]
    public void A_replay_safe_logger_is_silent_while_the_past_is_replayed()
    {
        using var log = new Lines();
        var instance = new InstanceDriver(r => r.AddOrchestrator<Logging>(), loggers: log).Start<Logging>();
        log.Written.Clear();
        instance.Cold(instance.History);
        Assert.Empty(log.Written);
        instance.Raise("go");
        // Once from the warm session and once from the cold one that the driver compares with: neither repeats "before".
        Assert.Equal(["after", "after"], log.Written);
    }

    [Fact]
    public void The_parent_is_known()
    {
        var parent = new ParentInstanceInfo { Name = "P", OrchestrationInstance = new OrchestrationInstance { InstanceId = "p:1" } };
        Assert.Equal("P p:1", new InstanceDriver(r => r.AddOrchestrator<WhoIsMyParent>()).Start<WhoIsMyParent>(parent: parent).Result<string>());
    }

    private sealed class Eternal : TaskOrchestrator<int, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, int input)
        {
            await context.WaitForExternalEvent<string>("tickle");
            context.ContinueAsNew(input + 1);
            return "";
        }
    }

    [DurableTask("Versioned", Version = "1")]
    private sealed class Versioned1 : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.WaitForExternalEvent<string>("go");
            context.ContinueAsNew("ran " + context.Version);
            return "";
        }
    }

    [DurableTask("Versioned", Version = "2")]
    private sealed class Versioned2 : TaskOrchestrator<string?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string? input) => Task.FromResult("2");
    }

    [DurableTask("Versioned", Version = "10")]
    private sealed class Versioned10 : TaskOrchestrator<string?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string? input) => Task.FromResult("10");
    }

    private sealed class ActThenListen : TaskOrchestrator<string?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string? input)
        {
            await context.CallActivityAsync("Act");
            return await context.WaitForExternalEvent<string>("go");
        }
    }

    private sealed class Talkative : TaskOrchestrator<string, bool>
    {
        public override Task<bool> RunAsync(TaskOrchestrationContext context, string input)
        {
            context.SetCustomStatus(input);
            return Task.FromResult(true);
        }
    }

    private sealed class Ids : TaskOrchestrator<string?, Guid[]>
    {
        public override Task<Guid[]> RunAsync(TaskOrchestrationContext context, string? input) =>
            Task.FromResult<Guid[]>([context.NewGuid(), context.NewGuid(), context.NewGuid()]);
    }

    private sealed class Logging : TaskOrchestrator<string?, bool>
    {
        public override async Task<bool> RunAsync(TaskOrchestrationContext context, string? input)
        {
            var log = context.CreateReplaySafeLogger<Logging>();
            log.LogInformation("before");
            await context.WaitForExternalEvent<string>("go");
            log.LogInformation("after");
            return true;
        }
    }

    private sealed class WhoIsMyParent : TaskOrchestrator<string?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string? input) =>
            Task.FromResult($"{context.Parent?.Name} {context.Parent?.InstanceId}");
    }

    private sealed class Lines : ILoggerFactory, ILogger
    {
        public List<string> Written { get; } = [];

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
