namespace OrchestratorFunctions.Audit.Trail;

/// <summary>What verifying found.</summary>
/// <param name="Faults">One line each; none means that the trail is intact.</param>
internal sealed record AuditVerdict(long Entries, int Chains, IReadOnlyList<string> Faults);

/// <summary>Reads the trail for the operator.</summary>
internal sealed class AuditReading(AuditTrailStore store)
{
    private const int MostFaults = 100;

    public Task<IReadOnlyList<StoredEntry>> FindAsync(AuditQuestion question, CancellationToken cancellationToken) => store.FindAsync(question, cancellationToken);

    /// <summary>Computes every hash anew and compares each chain with its head; names at most 100 faults.</summary>
    public async Task<AuditVerdict> VerifyAsync(CancellationToken cancellationToken)
    {
        var check = new AuditCheck();
        await store.ReadAllAsync(check.Expect, check.Next, cancellationToken);
        return check.Finish(MostFaults);
    }
}
