using DurableTask.Wire;
using Google.Protobuf.WellKnownTypes;

namespace DurableTask.PostgreSql.Instances;

// What instances tell each other, as events of the receiver's history.
internal static class Outcomes
{
    public static HistoryEvent ChildEnded(string name, int taskId, CompleteOrchestrationAction end, DateTimeOffset now)
    {
        var told = new HistoryEvent { EventId = -1, Timestamp = Timestamp.FromDateTimeOffset(now) };
        if (end.OrchestrationStatus == OrchestrationStatus.Completed)
        {
            told.SubOrchestrationInstanceCompleted = new SubOrchestrationInstanceCompletedEvent { TaskScheduledId = taskId, Result = end.Result };
        }
        else
        {
            var why = end.FailureDetails ?? Reason("DurableTask.OrchestrationTerminated", $"The sub-orchestration '{name}' was terminated or purged.");
            told.SubOrchestrationInstanceFailed = new SubOrchestrationInstanceFailedEvent { TaskScheduledId = taskId, FailureDetails = why };
        }

        return told;
    }

    public static HistoryEvent ChildRefused(OrchestratorAction call, DateTimeOffset now) => new()
    {
        EventId = -1,
        Timestamp = Timestamp.FromDateTimeOffset(now),
        SubOrchestrationInstanceFailed = new SubOrchestrationInstanceFailedEvent
        {
            TaskScheduledId = call.Id,
            FailureDetails = Reason("DurableTask.OrchestrationAlreadyExists", $"An instance '{call.CreateSubOrchestration.InstanceId}' is already running."),
        },
    };

    public static HistoryEvent Raised(SendEventAction sent, DateTimeOffset now) => new() { EventId = -1, Timestamp = Timestamp.FromDateTimeOffset(now), EventRaised = new EventRaisedEvent { Name = sent.Name, Input = sent.Data } };

    public static HistoryEvent TimerFired(int timerId, Timestamp at) => new() { EventId = -1, Timestamp = at, TimerFired = new TimerFiredEvent { TimerId = timerId, FireAt = at } };

    private static Wire.TaskFailureDetails Reason(string type, string message) => new() { ErrorType = type, ErrorMessage = message };
}

internal static class InstanceStart
{
    public static HistoryEvent Event(string name, string? input, string instanceId, string generation, ParentLink? parent, DateTimeOffset now, TraceContext? trace)
    {
        var started = new ExecutionStartedEvent
        {
            Name = name,
            Input = input,
            ParentTraceContext = trace,
            OrchestrationInstance = new OrchestrationInstance { InstanceId = instanceId, ExecutionId = generation },
        };
        if (parent is not null)
        {
            started.ParentInstance = new ParentInstanceInfo
            {
                Name = parent.Name,
                TaskScheduledId = parent.TaskId,
                OrchestrationInstance = new OrchestrationInstance { InstanceId = parent.InstanceId, ExecutionId = parent.ExecutionId },
            };
        }

        return new HistoryEvent { EventId = -1, Timestamp = Timestamp.FromDateTimeOffset(now), ExecutionStarted = started };
    }
}
