using DurableTask.Wire;

namespace DurableTask;

using Event = HistoryEvent.EventTypeOneofCase;

/// <summary>One thing that happened to an instance.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Kind">What, by the name of the protocol: ExecutionStarted, TaskScheduled, TaskCompleted, TimerFired, EventRaised …</param>
/// <param name="StepId">The step of the orchestrator that this is, or the end of; null = it came from outside.</param>
/// <param name="Name">The name of the activity, orchestrator or event; null = it has none.</param>
/// <param name="Text">Input, result, reason or time, as kept in the history; null = none.</param>
public sealed record HistoryEntry(DateTimeOffset At, string Kind, int? StepId, string? Name, string? Text)
{
    internal static HistoryEntry Of(HistoryEvent one)
    {
        var (step, name, text) = one.EventTypeCase switch
        {
            Event.ExecutionStarted => (null, one.ExecutionStarted.Name, one.ExecutionStarted.Input),
            Event.ExecutionCompleted => (one.EventId, one.ExecutionCompleted.OrchestrationStatus.ToString(), one.ExecutionCompleted.Result ?? Reason(one.ExecutionCompleted.FailureDetails)),
            Event.ExecutionTerminated => (null, null, one.ExecutionTerminated.Input),
            Event.ExecutionSuspended => (null, null, one.ExecutionSuspended.Input),
            Event.ExecutionResumed => (null, null, one.ExecutionResumed.Input),
            Event.ExecutionRewound => (null, null, one.ExecutionRewound.Reason),
            Event.TaskScheduled => (one.EventId, one.TaskScheduled.Name, one.TaskScheduled.Input),
            Event.TaskCompleted => (one.TaskCompleted.TaskScheduledId, null, one.TaskCompleted.Result),
            Event.TaskFailed => (one.TaskFailed.TaskScheduledId, null, Reason(one.TaskFailed.FailureDetails)),
            Event.SubOrchestrationInstanceCreated => (one.EventId, one.SubOrchestrationInstanceCreated.Name, one.SubOrchestrationInstanceCreated.InstanceId),
            Event.SubOrchestrationInstanceCompleted => (one.SubOrchestrationInstanceCompleted.TaskScheduledId, null, one.SubOrchestrationInstanceCompleted.Result),
            Event.SubOrchestrationInstanceFailed => (one.SubOrchestrationInstanceFailed.TaskScheduledId, null, Reason(one.SubOrchestrationInstanceFailed.FailureDetails)),
            Event.TimerCreated => (one.EventId, null, $"{one.TimerCreated.FireAt.ToDateTime():O}"),
            Event.TimerFired => (one.TimerFired.TimerId, null, $"{one.TimerFired.FireAt?.ToDateTime():O}"),
            Event.EventSent => (one.EventId, one.EventSent.Name, one.EventSent.InstanceId),
            Event.EventRaised => ((int?)null, one.EventRaised.Name, one.EventRaised.Input),
            _ => (null, null, (string?)null),
        };
        return new HistoryEntry(one.Timestamp?.ToDateTimeOffset() ?? default, one.EventTypeCase.ToString(), step, name, text);
    }

    private static string? Reason(Wire.TaskFailureDetails? failure) => failure is null ? null : $"{failure.ErrorType}: {failure.ErrorMessage}";
}
