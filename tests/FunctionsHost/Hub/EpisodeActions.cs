using DurableTask.Wire;

namespace FunctionsHost.Hub;

using Kind = OrchestratorAction.OrchestratorActionTypeOneofCase;

// What an episode's answer does: to the instance's history, and to others.
internal static class EpisodeActions
{
    public static void Apply(TaskHub hub, HubInstance instance, OrchestratorAction action)
    {
        switch (action.OrchestratorActionTypeCase)
        {
            case Kind.ScheduleTask:
                // Without its input, as captured.
                instance.History.Add(TaskHub.Event(one => one.TaskScheduled = new TaskScheduledEvent { Name = action.ScheduleTask.Name }, action.Id));
                hub.Add(new HubActivity(instance.Id, instance.ExecutionId, action.Id, action.ScheduleTask.Name, action.ScheduleTask.Input));
                break;
            case Kind.CreateTimer:
                instance.History.Add(TaskHub.Event(one => one.TimerCreated = new TimerCreatedEvent { FireAt = action.CreateTimer.FireAt }, action.Id));
                hub.AddTimer(action.CreateTimer.FireAt.ToDateTimeOffset(), instance, TaskHub.Event(one => one.TimerFired = new TimerFiredEvent { FireAt = action.CreateTimer.FireAt, TimerId = action.Id }));
                break;
            case Kind.SendEvent:
                var sent = action.SendEvent;
                instance.History.Add(TaskHub.Event(one => one.EventSent = new EventSentEvent { InstanceId = sent.Instance.InstanceId, Name = sent.Name, Input = sent.Data }, action.Id));
                hub.Send(sent.Instance.InstanceId, TaskHub.Event(one => one.EventRaised = new EventRaisedEvent { Name = sent.Name, Input = sent.Data }));
                break;
            case Kind.CreateSubOrchestration:
                StartChild(hub, instance, action);
                break;
            case Kind.CompleteOrchestration when action.CompleteOrchestration.OrchestrationStatus == OrchestrationStatus.ContinuedAsNew:
                BeginAgain(instance, action.CompleteOrchestration);
                break;
            case Kind.CompleteOrchestration:
                End(hub, instance, action.Id, action.CompleteOrchestration);
                break;
            default:
                throw new InvalidOperationException($"The handler answered with an action that the extension does not know here: {action.OrchestratorActionTypeCase}.");
        }
    }

    public static void End(TaskHub hub, HubInstance instance, int id, CompleteOrchestrationAction end)
    {
        instance.History.Add(TaskHub.Event(
            one => one.ExecutionCompleted = new ExecutionCompletedEvent { OrchestrationStatus = end.OrchestrationStatus, Result = end.Result, FailureDetails = end.FailureDetails }, id));
        instance.Status = end.OrchestrationStatus;
        instance.Output = end.FailureDetails is { } failure ? $"{failure.ErrorType}: {failure.ErrorMessage}" : end.Result;
        if (instance.Parent is { } parent)
        {
            var told = end.OrchestrationStatus == OrchestrationStatus.Completed
                ? TaskHub.Event(one => one.SubOrchestrationInstanceCompleted = new SubOrchestrationInstanceCompletedEvent { TaskScheduledId = parent.TaskScheduledId, Result = end.Result })
                : TaskHub.Event(one => one.SubOrchestrationInstanceFailed = new SubOrchestrationInstanceFailedEvent { TaskScheduledId = parent.TaskScheduledId, FailureDetails = end.FailureDetails });
            hub.Send(parent.OrchestrationInstance.InstanceId, told, parent.OrchestrationInstance.ExecutionId);
        }
    }

    private static void StartChild(TaskHub hub, HubInstance instance, OrchestratorAction action)
    {
        var child = action.CreateSubOrchestration;
        instance.History.Add(TaskHub.Event(one => one.SubOrchestrationInstanceCreated = new SubOrchestrationInstanceCreatedEvent { InstanceId = child.InstanceId, Name = child.Name }, action.Id));
        var parent = new ParentInstanceInfo
        {
            TaskScheduledId = action.Id, Name = instance.Name, OrchestrationInstance = new OrchestrationInstance { InstanceId = instance.Id, ExecutionId = instance.ExecutionId },
        };
        hub.Start(child.InstanceId, child.Name, child.Version, child.Input, replaceable: null, parent);
    }

    // The captured shape of a next generation: its events stand between executionStarted and a first orchestratorCompleted.
    private static void BeginAgain(HubInstance instance, CompleteOrchestrationAction next)
    {
        instance.History.Clear();
        (instance.ExecutionId, instance.Input, instance.Version) = (Guid.NewGuid().ToString("N"), next.Result, next.NewVersion ?? instance.Version);
        instance.Inbox.InsertRange(0, [TaskHub.Started(instance), .. next.CarryoverEvents, TaskHub.Event(one => one.OrchestratorCompleted = new OrchestratorCompletedEvent())]);
    }
}
