namespace OrchestratorFunctions.Projects;

/// <summary>Where a project is on its way. <see cref="Cancelled"/> and <see cref="Completed"/> are final.</summary>
internal enum ProjectStatus
{
    Brainstorming,
    VisionReview,
    Planning,
    InProgress,
    Paused,
    Stopping,
    Cancelled,
    Completed,
}

/// <summary>One idea on its way to software.</summary>
/// <param name="Id">Its id, also in the names of its orchestrations.</param>
/// <param name="Name">What people call it, 1 to 200 characters.</param>
/// <param name="Address">The chat where it began, for example <c>telegram:42</c>; news of it go there.</param>
/// <param name="CreatedBy">Who began it: its first approver.</param>
/// <param name="Repository"><c>owner/name</c> on GitHub, or null while nobody has chosen one.</param>
/// <param name="Activity">What the workflow does right now, in words for /status.</param>
/// <param name="Run">Number of the workflow run that was asked for last; 0 when none was.</param>
internal sealed record Project(
    Guid Id, string Name, string Address, string CreatedBy, string? Repository, ProjectStatus Status, string? Activity, int Run)
{
    /// <summary>Whether nothing can happen to it any more.</summary>
    public bool IsOver => Status is ProjectStatus.Cancelled or ProjectStatus.Completed;

    /// <summary>Whether a workflow is on its way and may be stopped.</summary>
    public bool IsUnderWay => Status is ProjectStatus.VisionReview or ProjectStatus.Planning or ProjectStatus.InProgress or ProjectStatus.Paused;

    /// <summary>The id of the orchestration that drives the present run.</summary>
    public string InstanceId => $"project:{Id}:{Run}";
}

/// <summary>The status as the database and /status name it.</summary>
internal static class ProjectStatuses
{
    public static string Stored(this ProjectStatus status) => status switch
    {
        ProjectStatus.VisionReview => "VISION_REVIEW",
        ProjectStatus.InProgress => "IN_PROGRESS",
        _ => status.ToString().ToUpperInvariant(),
    };

    public static ProjectStatus Parse(string stored) => Enum.Parse<ProjectStatus>(stored.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);

    public static string InWords(this ProjectStatus status) => status switch
    {
        ProjectStatus.Brainstorming => "talking about the idea",
        ProjectStatus.VisionReview => "vision review",
        ProjectStatus.Planning => "planning",
        ProjectStatus.InProgress => "being built",
        ProjectStatus.Paused => "paused",
        ProjectStatus.Stopping => "stopping",
        ProjectStatus.Cancelled => "cancelled",
        _ => "completed",
    };
}
