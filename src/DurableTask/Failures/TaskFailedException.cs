namespace DurableTask;

/// <summary>An activity or sub-orchestration failed, on its last attempt.</summary>
/// <param name="taskName">The name of the activity or orchestrator.</param>
/// <param name="taskId">The step's id in the history of the caller.</param>
/// <param name="failureDetails">What happened.</param>
public sealed class TaskFailedException(string taskName, int taskId, TaskFailureDetails failureDetails)
    : Exception($"Task '{taskName}' (#{taskId}) failed: {failureDetails.ErrorMessage}")
{
    /// <summary>The name of the activity or orchestrator.</summary>
    public string TaskName { get; } = taskName;

    /// <summary>The step's id in the history of the caller.</summary>
    public int TaskId { get; } = taskId;

    /// <summary>What happened.</summary>
    public TaskFailureDetails FailureDetails { get; } = failureDetails;
}
