using DurableTask.Wire;
using Google.Protobuf.WellKnownTypes;

namespace DurableTask.Replay;

using Kind = OrchestratorAction.OrchestratorActionTypeOneofCase;

// The events that a store without a history of its own writes down for a step. Inputs are left out, as the Functions host does: replay does not need them.
internal static class StepHistory
{
    public static HistoryEvent Started(DateTimeOffset now) => new() { EventId = -1, Timestamp = Timestamp.FromDateTimeOffset(now), OrchestratorStarted = new OrchestratorStartedEvent() };

    public static HistoryEvent Completed(DateTimeOffset now) => new() { EventId = -1, Timestamp = Timestamp.FromDateTimeOffset(now), OrchestratorCompleted = new OrchestratorCompletedEvent() };

    public static HistoryEvent Of(OrchestratorAction action, DateTimeOffset now)
    {
        var taken = new HistoryEvent { EventId = action.Id, Timestamp = Timestamp.FromDateTimeOffset(now) };
        switch (action.OrchestratorActionTypeCase)
        {
            case Kind.ScheduleTask:
                taken.TaskScheduled = new TaskScheduledEvent { Name = action.ScheduleTask.Name };
                break;
            case Kind.CreateSubOrchestration:
                taken.SubOrchestrationInstanceCreated = new SubOrchestrationInstanceCreatedEvent { Name = action.CreateSubOrchestration.Name, InstanceId = action.CreateSubOrchestration.InstanceId };
                break;
            case Kind.CreateTimer:
                taken.TimerCreated = new TimerCreatedEvent { FireAt = action.CreateTimer.FireAt };
                break;
            case Kind.SendEvent:
                taken.EventSent = new EventSentEvent { InstanceId = action.SendEvent.Instance.InstanceId, Name = action.SendEvent.Name };
                break;
            case Kind.CompleteOrchestration:
                taken.ExecutionCompleted = new ExecutionCompletedEvent
                {
                    OrchestrationStatus = action.CompleteOrchestration.OrchestrationStatus,
                    Result = action.CompleteOrchestration.Result,
                    FailureDetails = action.CompleteOrchestration.FailureDetails,
                };
                break;
            default:
                throw new InvalidOperationException($"A session does not take steps of the kind {action.OrchestratorActionTypeCase}.");
        }

        return taken;
    }
}
