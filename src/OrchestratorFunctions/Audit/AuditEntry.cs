using System.Text.RegularExpressions;

namespace OrchestratorFunctions.Audit;

/// <summary>One thing that somebody did, or was refused.</summary>
/// <param name="Action">What, in the runbook's words: <c>project_created</c>, <c>approval_granted</c> …</param>
/// <param name="Actor">Who: a person (<c>telegram:123456</c>), <c>system</c>, <c>anonymous</c>, <c>operator:root</c>, <c>token:name</c>.</param>
/// <param name="ProjectId">The project it concerns, if any.</param>
/// <param name="Details">Small facts for the reader; never a secret, a token, a stack trace, or a person other than by their role.</param>
/// <param name="Result"><c>success</c>; <c>denied</c>: known, and not allowed; <c>failed</c>: not known at all.</param>
internal sealed partial record AuditEntry(string Action, string Actor, Guid? ProjectId, object Details, string Result = AuditEntry.Success)
{
    public const string Success = "success";
    public const string Denied = "denied";
    public const string Failed = "failed";
    public const string System = "system";
    public const string Anonymous = "anonymous";

    /// <summary>Where a request came from, if it is about one.</summary>
    public string? IpAddress { get; init; }

    /// <summary>The chain that it belongs to: its project's, or the system's.</summary>
    public Guid Chain => ProjectId ?? Guid.Empty;

    /// <summary>A text for <see cref="Details"/> without the person whose own chat it may name: the entry stays when the person is forgotten.</summary>
    public static string? Nameless(string? text) => text is null ? null : OwnChat().Replace(text, "telegram:…");

    /// <summary>Whether the actor is somebody who may ask to be forgotten.</summary>
    public bool IsOfPerson => Actor is not (System or Anonymous) && !Actor.StartsWith("operator:", StringComparison.Ordinal) && !Actor.StartsWith("token:", StringComparison.Ordinal);

    // A group's id is negative.
    [GeneratedRegex("telegram:[0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex OwnChat();
}
