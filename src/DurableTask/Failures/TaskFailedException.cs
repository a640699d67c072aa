namespace DurableTask;

/// <summary>An activity or sub-orchestration failed, on its last attempt.</summary>
public sealed class TaskFailedException : Exception
{
    /// <summary>A failure as history tells it.</summary>
    /// <param name="taskName">The name of the activity or orchestrator.</param>
    /// <param name="taskId">The step's id in the history of the caller.</param>
    /// <param name="failureDetails">What happened.</param>
    public TaskFailedException(string taskName, int taskId, TaskFailureDetails failureDetails)
        : base(Text(taskName, taskId, failureDetails.ErrorMessage)) => (TaskName, TaskId, FailureDetails) = (taskName, taskId, failureDetails);

    /// <summary>A failure from an exception, as tests of orchestrators need it.</summary>
    /// <param name="taskName">The name of the activity or orchestrator.</param>
    /// <param name="taskId">The step's id in the history of the caller.</param>
    /// <param name="innerException">What happened.</param>
    public TaskFailedException(string taskName, int taskId, Exception innerException)
        : base(Text(taskName, taskId, innerException.Message), innerException) =>
        (TaskName, TaskId, FailureDetails) = (taskName, taskId, TaskFailureDetails.FromException(innerException));

    /// <summary>The name of the activity or orchestrator.</summary>
    public string TaskName { get; }

    /// <summary>The step's id in the history of the caller.</summary>
    public int TaskId { get; }

    /// <summary>What happened.</summary>
    public TaskFailureDetails FailureDetails { get; }

    private static string Text(string taskName, int taskId, string reason) => $"Task '{taskName}' (#{taskId}) failed: {reason}";
}
