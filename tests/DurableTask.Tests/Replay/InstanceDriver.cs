using DurableTask.Replay;
using DurableTask.Wire;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableTask.Tests.Replay;

using Kind = OrchestratorAction.OrchestratorActionTypeOneofCase;

// Plays the store for one instance: keeps the history, advances a warm session, and lets a cold one do the same from history. They must always agree.
internal sealed class InstanceDriver(Action<DurableTaskRegistry> register, string instanceId = "project:1:1", ILoggerFactory? loggers = null)
{
    private readonly DurableTaskRegistry registry = Registry(register);
    private readonly IServiceProvider services = new ServiceCollection().BuildServiceProvider();
    private OrchestrationSession? warm;

    public DateTimeOffset Now { get; set; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public List<HistoryEvent> History { get; private set; } = [];

    public SessionAnswer Last { get; private set; } = new([], null, false);

    public string? CustomStatus => Last.CustomStatus;

    public CompleteOrchestrationAction? End { get; private set; }

    public IReadOnlyList<OrchestratorAction> Actions => Last.Actions;

    public InstanceDriver Start<T>(object? input = null, string? version = null, ParentInstanceInfo? parent = null) where T : ITaskOrchestrator =>
        Step(Event(e => e.ExecutionStarted = new ExecutionStartedEvent
        {
            Name = typeof(T).GetCustomAttributes(false).OfType<DurableTaskAttribute>().FirstOrDefault()?.Name ?? typeof(T).Name,
            Input = DurableJson.Write(input),
            Version = version,
            ParentInstance = parent,
            OrchestrationInstance = new OrchestrationInstance { InstanceId = instanceId, ExecutionId = "x1" },
        }));

    public InstanceDriver Raise(string name, object? payload = null) => Step(Raised(name, payload));

    public InstanceDriver Done(int id, object? result = null) => Step(Completed(id, result));

    public InstanceDriver Failed(int id, Exception exception) => Step(Event(e => e.TaskCompleted = new TaskCompletedEvent
    {
        TaskScheduledId = id,
        Result = ResultEnvelope.Failed(DurableTask.TaskFailureDetails.FromException(exception)),
    }));

    public InstanceDriver Fire(int id, TimeSpan? after = null)
    {
        Now += after ?? TimeSpan.Zero;
        return Step(Event(e => e.TimerFired = new TimerFiredEvent { TimerId = id }));
    }

    public InstanceDriver Suspend() => Step(Event(e => e.ExecutionSuspended = new ExecutionSuspendedEvent()));

    public InstanceDriver Resume() => Step(Event(e => e.ExecutionResumed = new ExecutionResumedEvent()));

    public InstanceDriver Terminate(object? output = null) => Step(Event(e => e.ExecutionTerminated = new ExecutionTerminatedEvent { Input = DurableJson.Write(output) }));

    public HistoryEvent Raised(string name, object? payload) => Event(e => e.EventRaised = new EventRaisedEvent { Name = name, Input = DurableJson.Write(payload) });

    public HistoryEvent Completed(int id, object? result) =>
        Event(e => e.TaskCompleted = new TaskCompletedEvent { TaskScheduledId = id, Result = ResultEnvelope.Success(DurableJson.Write(result)) });

    public HistoryEvent Event(Action<HistoryEvent> fill)
    {
        var one = new HistoryEvent { EventId = -1, Timestamp = Timestamp.FromDateTimeOffset(Now) };
        fill(one);
        return one;
    }

    public InstanceDriver Step(params HistoryEvent[] events)
    {
        HistoryEvent[] step = [StepHistory.Started(Now), .. events];
        warm ??= Session();
        Last = warm.Advance(step);
        var cold = Cold(History).Advance(step);
        Assert.Equal(Text(Last), Text(cold));
        if (End is not null)
        {
            Assert.Empty(Last.Actions);
        }

        History.AddRange([.. step, .. Last.Actions.Select(action => StepHistory.Of(action, Now)), StepHistory.Completed(Now)]);
        End ??= Last.Actions.FirstOrDefault(action => action.OrchestratorActionTypeCase == Kind.CompleteOrchestration)?.CompleteOrchestration;
        Now += TimeSpan.FromSeconds(1);
        return this;
    }

    public OrchestrationSession Cold(IEnumerable<HistoryEvent> past)
    {
        var session = Session();
        session.Replay([.. past.Select(one => one.Clone())]);
        return session;
    }

    public T? Result<T>()
    {
        Assert.NotNull(End);
        Assert.Equal(OrchestrationStatus.Completed, End.OrchestrationStatus);
        return DurableJson.Read<T>(End.Result);
    }

    public string Failure()
    {
        Assert.NotNull(End);
        Assert.Equal(OrchestrationStatus.Failed, End.OrchestrationStatus);
        return End.FailureDetails.ErrorMessage;
    }

    private static DurableTaskRegistry Registry(Action<DurableTaskRegistry> register)
    {
        var filled = new DurableTaskRegistry();
        register(filled);
        return filled;
    }

    // Stack traces depend on how the code was reached; everything else must not.
    private static string Text(SessionAnswer answer)
    {
        var actions = answer.Actions.Select(action => action.Clone()).ToList();
        foreach (var failure in actions.Select(action => action.CompleteOrchestration?.FailureDetails))
        {
            for (var one = failure; one is not null; one = one.InnerFailure)
            {
                one.StackTrace = null;
            }
        }

        return string.Join('\n', actions) + $"\n{answer.CustomStatus} {answer.IsSuspended}";
    }

    private OrchestrationSession Session() => new(registry, services, loggers ?? NullLoggerFactory.Instance);
}
