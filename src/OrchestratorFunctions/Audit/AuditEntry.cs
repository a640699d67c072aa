namespace OrchestratorFunctions.Audit;

/// <summary>One thing that somebody did, or was refused.</summary>
/// <param name="Action">What, in the runbook's words: <c>project_created</c>, <c>approval_granted</c> …</param>
/// <param name="Actor">Who: <c>telegram:123456</c>, or <c>system</c>.</param>
/// <param name="ProjectId">The project it concerns, if any.</param>
/// <param name="Details">Small facts for the reader; never a secret, a token or a stack trace.</param>
/// <param name="Result"><c>success</c> or <c>denied</c>.</param>
internal sealed record AuditEntry(string Action, string Actor, Guid? ProjectId, object Details, string Result = AuditEntry.Success)
{
    public const string Success = "success";
    public const string Denied = "denied";
    public const string System = "system";
}
