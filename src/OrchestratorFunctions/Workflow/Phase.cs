using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar;

namespace OrchestratorFunctions.Workflow;

/// <summary>What a run sees of its project.</summary>
/// <param name="GoesOn">False: somebody stopped it, and the run is over.</param>
internal sealed record ProjectView(bool GoesOn, bool IsPaused, string? Repository, string Address)
{
    public static ProjectView Of(Project project) => new(
        project.IsUnderWay,
        project.Status == ProjectStatus.Paused, project.Repository, project.Address);
}

/// <summary>A phase that a run enters, in the words of /status.</summary>
/// <param name="Command">The coding agent's command, when the phase is one.</param>
internal sealed record Phase(ProjectStart Start, ProjectStatus Status, string Activity, ScarCommand? Command)
{
    public static Phase Of(ProjectStart start, ScarCommand command) => command switch
    {
        ScarCommand.Prime => new Phase(start, ProjectStatus.Planning, "the coding agent reads the repository", command),
        ScarCommand.Plan => new Phase(start, ProjectStatus.Planning, "the coding agent makes a plan", command),
        ScarCommand.Execute => new Phase(start, ProjectStatus.InProgress, "the coding agent builds", command),
        _ => new Phase(start, ProjectStatus.InProgress, "the coding agent checks what it built", command),
    };

    /// <summary>What a person calls the command's run.</summary>
    public static string NameOf(ScarCommand command) => command switch
    {
        ScarCommand.Prime => "Reading the repository",
        ScarCommand.Plan => "Planning",
        ScarCommand.Execute => "Building",
        _ => "Checking",
    };

    public static string TitleOf(ScarCommand command, ScarOutcome outcome)
    {
        var what = NameOf(command);
        return outcome switch
        {
            ScarOutcome.Failed => $"{what} failed",
            ScarOutcome.Unknown => $"{what}: outcome unknown",
            _ => $"{what}: success not confirmed",
        };
    }

    public static string Explain(ScarCommandOutcome outcome)
    {
        var links = outcome.PullRequest is { } pullRequest ? $"\n\nThere is a pull request: {pullRequest}" : "";
        return outcome.Outcome switch
        {
            ScarOutcome.Unknown => $"{outcome.Reason ?? "The coding agent was interrupted."} I cannot tell whether the work was done. Please look at the repository before you retry, so that nothing is done twice.{links}",
            ScarOutcome.Unproven => $"The coding agent ended without saying whether it succeeded.{links}",
            _ => $"{outcome.Reason ?? "The coding agent gave no reason."}{links}",
        };
    }
}

/// <summary>A document to keep from a command's output.</summary>
internal sealed record DocumentToKeep(ProjectStart Start, DocumentKind Kind, ScarCommandOutcome Outcome);

/// <summary>A pause and why; <paramref name="Number"/> tells it from the run's other pauses, from 1.</summary>
internal sealed record RunPause(ProjectStart Start, string Why, int Number);

/// <summary>The end of a run.</summary>
internal sealed record RunEnd(ProjectStart Start, ProjectStatus Status);
