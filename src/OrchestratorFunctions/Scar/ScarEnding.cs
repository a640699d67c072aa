using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Operations.Telemetry;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Scar.Wire;

namespace OrchestratorFunctions.Scar;

/// <summary>Ends a run once: the outcome, its last word in the chat and its audit entry are one transaction. Whoever comes later gets the outcome that stands.</summary>
internal sealed class ScarEnding(NpgsqlDataSource dataSource, ScarStore store, ScarProgress progress, OutboxNudge nudge, AuditLog audit, AppMetrics metrics, TimeProvider time)
{
    /// <summary>Ends a run whose end was not seen, for example since it was never sent.</summary>
    public async Task<ScarStep> EndAsync(ScarExecution execution, ScarOutcome outcome, string reason, CancellationToken cancellationToken)
    {
        await dataSource.InTransactionAsync(
            (connection, token) => EndAsync(connection, execution, ScarVerdict.Without(outcome, reason), fenceSeen: false, token), cancellationToken);
        nudge.For(execution.Address);
        return ScarStep.For(await store.GetAsync(execution.Id, cancellationToken));
    }

    /// <summary>Ends a run in the caller's transaction; the caller nudges the address after its commit. Nothing may follow in the transaction.</summary>
    public async Task EndAsync(NpgsqlConnection connection, ScarExecution execution, ScarVerdict verdict, bool fenceSeen, CancellationToken cancellationToken)
    {
        if (await store.EndAsync(connection, execution.Id, verdict, fenceSeen, cancellationToken))
        {
            await progress.CloseAsync(connection, execution, verdict, cancellationToken);
            await audit.AppendAsync(
                connection,
                new AuditEntry("scar_command_executed", AuditEntry.System, execution.ProjectId, new { execution.Id, Command = execution.Command.Name(), execution.Repository, verdict.Outcome }),
                cancellationToken);
            metrics.CommandEnded(execution.Command.Name(), verdict.Outcome.ToString().ToLowerInvariant(), execution.SentAt is { } sent ? time.GetUtcNow() - sent : TimeSpan.Zero);
        }
    }
}
