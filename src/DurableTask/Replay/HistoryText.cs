using DurableTask.Wire;

namespace DurableTask.Replay;

using Kind = OrchestratorAction.OrchestratorActionTypeOneofCase;

// Steps in words, for the messages of non-determinism.
internal static class HistoryText
{
    public static string Of(OrchestratorAction action) => Of(action.OrchestratorActionTypeCase, NameOf(action));

    public static string Of(Kind kind, string name) => (kind switch
    {
        Kind.ScheduleTask => "an activity",
        Kind.CreateSubOrchestration => "a sub-orchestration",
        Kind.CreateTimer => "a timer",
        Kind.SendEvent => "a sent event",
        Kind.CompleteOrchestration => "the end of the orchestration",
        _ => kind.ToString(),
    }) + (name.Length > 0 ? $" '{name}'" : "");

    public static string NameOf(OrchestratorAction action) => action.OrchestratorActionTypeCase switch
    {
        Kind.ScheduleTask => action.ScheduleTask.Name,
        Kind.CreateSubOrchestration => action.CreateSubOrchestration.Name,
        Kind.SendEvent => action.SendEvent.Name,
        _ => "",
    };
}
