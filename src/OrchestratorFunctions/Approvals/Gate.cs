using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Approvals;

/// <summary>What a gate asks about.</summary>
internal enum GateKind
{
    Vision,
    Plan,
    Report,

    /// <summary>A command of the coding agent failed: what now?</summary>
    ErrorResolution,
}

/// <summary>Where a gate is; everything but <see cref="Pending"/> is final.</summary>
internal enum GateStatus
{
    Pending,
    Approved,
    Rejected,
    Retried,
    Skipped,
    Stopped,
    Expired,

    /// <summary>Closed without a decision, because the project was stopped.</summary>
    Closed,
}

/// <summary>One question to the people who decide, bound to exactly what was shown.</summary>
/// <param name="DocumentVersion">The version that is judged; null for an error.</param>
/// <param name="DocumentSha256">Its hash: approval of anything else is not possible.</param>
/// <param name="DecidedVia">The address where it was decided.</param>
/// <param name="MaySkip">Whether going on without the failed command is possible.</param>
internal sealed record Gate(
    Guid Id, Guid ProjectId, GateKind Kind, int? DocumentVersion, string? DocumentSha256, string Title, GateStatus Status,
    string? DecidedBy, DateTimeOffset? DecidedAt, string? DecidedVia, string? Reason, DateTimeOffset? RemindedAt, DateTimeOffset RemindAt, DateTimeOffset ExpiresAt, bool MaySkip)
{
    public string InstanceId => InstanceIdOf(Id);

    public static string InstanceIdOf(Guid id) => $"gate:{id}";
}

/// <summary>A gate to open: the input of its orchestration.</summary>
/// <param name="Document">What is judged, or null for an error.</param>
/// <param name="Question">What went wrong, for an error; otherwise null.</param>
/// <param name="MaySkip">Whether going on without the failed command is possible.</param>
internal sealed record GateRequest(Guid GateId, Guid ProjectId, GateKind Kind, DocumentRef? Document, string Title, string? Question = null, bool MaySkip = false);

/// <summary>How a gate ended: the outcome of its orchestration.</summary>
internal sealed record GateOutcome(GateStatus Status, string? Reason);

/// <summary>The names of gates as the database and people use them.</summary>
internal static class GateNames
{
    public static string Stored(this GateKind kind) => kind == GateKind.ErrorResolution ? "ERROR_RESOLUTION" : kind.ToString().ToUpperInvariant();

    public static string Stored(this GateStatus status) => status.ToString().ToUpperInvariant();

    public static GateKind Kind(string stored) => Enum.Parse<GateKind>(stored.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);

    public static string InWords(this GateStatus status) => status switch
    {
        GateStatus.Rejected => "sent back for changes",
        GateStatus.Retried => "tried again",
        GateStatus.Closed => "closed, because the project was stopped",
        _ => status.ToString().ToLowerInvariant(),
    };

    public static GateKind Gate(this DocumentKind kind) => Enum.Parse<GateKind>(kind.ToString());
}
