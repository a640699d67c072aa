using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Scar;

/// <summary>What the coding agent can be asked to do.</summary>
internal enum ScarCommand
{
    /// <summary>Read the repository.</summary>
    Prime,

    /// <summary>Write a plan on a branch of its own.</summary>
    Plan,

    /// <summary>Carry a plan out and open a pull request.</summary>
    Execute,

    /// <summary>Run the tests and review.</summary>
    Validate,
}

/// <summary>How one command ended.</summary>
internal enum ScarOutcome
{
    /// <summary>It says that it succeeded, with the nonce it was given.</summary>
    Succeeded,

    /// <summary>It says that it failed, it ended with an error, it was not begun, or it took too long.</summary>
    Failed,

    /// <summary>It ended without an error and without saying that it succeeded: a person has to look.</summary>
    Unproven,

    /// <summary>Nobody can say whether it ran, runs or ended: a person has to look before it is repeated.</summary>
    Unknown,

    /// <summary>A person stopped it. The agent knows no stop: what it has begun it may finish.</summary>
    Stopped,
}

/// <summary>Input of <see cref="ScarCommandOrchestrator"/>.</summary>
/// <param name="ExecutionId">Names this run; equal across retries. The instance is <c>scar:{ExecutionId}</c>.</param>
/// <param name="Repository"><c>owner/name</c>.</param>
/// <param name="Brief">The document to work from: the vision for a plan, the plan for the execution; null when there is none.</param>
/// <param name="Address">Where progress is said: <c>telegram:42</c>.</param>
/// <param name="OperationName">What a person calls this run: "Planning".</param>
/// <param name="Reason">Why earlier work is to be done again, in the person's words; null the first time.</param>
internal sealed record ScarCommandRequest(
    Guid ExecutionId, Guid ProjectId, string Repository, ScarCommand Command, DocumentRef? Brief, string Address, string OperationName, string? Reason = null);

/// <summary>Output of <see cref="ScarCommandOrchestrator"/>; the text is in <see cref="ScarStore.OutputAsync"/>.</summary>
/// <param name="Reason">Why, in words for a person; null on success.</param>
/// <param name="Branch">The branch the agent named, if any.</param>
/// <param name="CommitId">The commit the agent named, 7 to 64 lower-case hex digits, if any.</param>
/// <param name="PullRequest">The address of the pull request the agent named, if any.</param>
internal sealed record ScarCommandOutcome(Guid ExecutionId, ScarOutcome Outcome, string? Reason, string? Branch, string? CommitId, string? PullRequest);

/// <summary>Names and words that belong to a command.</summary>
internal static class ScarCommands
{
    /// <summary>The external event that stops a run.</summary>
    public const string StopEvent = "stop";

    public static string InstanceId(Guid executionId) => $"scar:{executionId}";

    /// <summary>The name under which the agent knows the command.</summary>
    public static string Name(this ScarCommand command) => command switch
    {
        ScarCommand.Prime => "prime",
        ScarCommand.Plan => "plan-feature-github",
        ScarCommand.Execute => "execute-github",
        ScarCommand.Validate => "validate",
        _ => throw new ArgumentOutOfRangeException(nameof(command), command, "Not a command of the coding agent."),
    };
}
