using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar.Wire;

namespace OrchestratorFunctions.Scar;

/// <summary>How far a run is. <see cref="Ended"/> is final.</summary>
internal enum ScarStatus
{
    /// <summary>Nothing was sent that does any work.</summary>
    Prepared,

    /// <summary>The command is being sent: after a crash, evidence decides whether it was.</summary>
    Sending,

    /// <summary>The command and its fence are with the agent.</summary>
    Running,

    /// <summary>There is an outcome.</summary>
    Ended,
}

/// <summary>One run of a command, as stored.</summary>
/// <param name="ConversationId">The agent's conversation, used by this run only.</param>
/// <param name="Nonce">Proves that a result line is an answer to this command.</param>
/// <param name="Fence">Proves that everything before it was answered; the model never sees it.</param>
/// <param name="BriefToken">Opens the brief.</param>
/// <param name="SentIndex">Length of the agent's list before the command, once it is being sent.</param>
/// <param name="NextIndex">Index of the first message that was not read yet.</param>
/// <param name="Transport">The way to the agent, which it keeps when another one is configured meanwhile.</param>
/// <param name="LastSeen">The agent's time of the message before <paramref name="NextIndex"/>: another one there means another list.</param>
internal sealed record ScarExecution(
    Guid Id, Guid ProjectId, string Repository, ScarCommand Command, DocumentRef? Brief, string? Rework, string Address, string OperationName, string ConversationId, string Nonce, string Fence,
    string BriefToken, ScarStatus Status, int? SentIndex, int NextIndex, string? LastSeen, DateTimeOffset CreatedAt, DateTimeOffset? SentAt, DateTimeOffset? ProgressAt, int ProgressCount,
    ScarCommandOutcome? Outcome, ScarTransport Transport = ScarTransport.Http)
{
    /// <summary>
    /// What is sent. Only plain tokens: the agent knows no way to escape quotes, and gives <c>$</c> and line breaks a meaning of their own. The text is in the brief.
    /// We serve the brief ourselves, and may be restarting at the moment at which it is read.
    /// </summary>
    public string CommandText(string briefUrl) =>
        $"/command-invoke {Command.Name()} {briefUrl} If that address does not answer, try again for 5 minutes. End your last message with the line RESULT {Nonce} SUCCESS or RESULT {Nonce} FAILED and the reason";

    /// <summary>Whether the agent still holds the list that was read before: after its restart, or when somebody deleted messages, it does not.</summary>
    public bool Knows(IReadOnlyList<ScarMessage> messages) =>
        messages.Count >= NextIndex && (NextIndex == 0 || messages[NextIndex - 1].Timestamp == LastSeen);
}

/// <summary>What comes next for a run; every activity of this room answers with it.</summary>
internal enum ScarStage
{
    /// <summary>Select the repository.</summary>
    Select,

    /// <summary>Send the command.</summary>
    Send,

    /// <summary>See how far it is, after a while.</summary>
    Poll,

    /// <summary>There is an outcome.</summary>
    Ended,
}

/// <summary>
/// The next step of a run; <paramref name="Wait"/>: not at once; <paramref name="News"/>: the agent said something since the last look; <paramref name="Stop"/>: a person has stopped the project.
/// </summary>
internal sealed record ScarStep(ScarStage Stage, bool Wait = false, ScarCommandOutcome? Outcome = null, bool News = false, bool Stop = false)
{
    /// <summary>Nothing is waited for any more.</summary>
    public static ScarStep Stopped { get; } = new(ScarStage.Poll, Stop: true);

    /// <summary>What a stored run needs next.</summary>
    public static ScarStep For(ScarExecution execution) => execution.Status switch
    {
        ScarStatus.Prepared => new ScarStep(ScarStage.Select),
        ScarStatus.Sending => new ScarStep(ScarStage.Send),
        ScarStatus.Running => new ScarStep(ScarStage.Poll, Wait: true),
        _ => new ScarStep(ScarStage.Ended, Outcome: execution.Outcome),
    };
}
