using DurableTask;
using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar;

namespace OrchestratorFunctions.Workflow;

/// <summary>Keeps what the coding agent wrote as the next version of a document, once for each execution.</summary>
internal sealed class KeepDocument(NpgsqlDataSource dataSource, ProjectStore projects, DocumentStore documents, ScarStore scar, AuditLog audit) : TaskActivity<DocumentToKeep, DocumentRef>
{
    public override async Task<DocumentRef> RunAsync(TaskActivityContext context, DocumentToKeep input)
    {
        var outcome = input.Outcome;
        var text = await scar.OutputAsync(outcome.ExecutionId, context.CancellationToken);
        if (outcome.Outcome is ScarOutcome.Failed or ScarOutcome.Unknown)
        {
            text = $"The check was skipped. The last try ended: {outcome.Reason ?? "without a reason"}.\n\n{text}";
        }

        var document = new NewDocument(
            input.Start.ProjectId, input.Kind, $"document:{outcome.ExecutionId}", string.IsNullOrWhiteSpace(text) ? "The coding agent wrote nothing." : text,
            string.IsNullOrWhiteSpace(text) ? "(nothing)" : text)
        {
            Branch = outcome.Branch,
            CommitId = outcome.CommitId,
            PullRequest = outcome.PullRequest,
            Confirmed = outcome.Outcome == ScarOutcome.Succeeded,
            ExecutionId = outcome.ExecutionId,
        };
        return await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                // The lock makes "is it there" and "add it" one step, so that the audit has one entry for each version.
                await projects.LockAsync(connection, document.ProjectId, token);
                var known = await documents.FindByKeyAsync(connection, document.DomainKey, token);
                var kept = known ?? await documents.AddAsync(connection, document, token);
                if (known is null)
                {
                    await audit.AppendAsync(connection, new AuditEntry($"{input.Kind.ToString().ToLowerInvariant()}_written", AuditEntry.System, kept.ProjectId, new { version = kept.Version, sha256 = kept.Sha256 }), token);
                }

                return new DocumentRef(kept.ProjectId, kept.Kind, kept.Version, kept.Sha256);
            },
            context.CancellationToken);
    }
}
