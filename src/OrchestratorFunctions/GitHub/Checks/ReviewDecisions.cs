using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Outbox;

namespace OrchestratorFunctions.GitHub.Checks;

/// <summary>
/// A review of a pull request decides the gate that judges it, by the way of every decision, when it was made on the commit that the gate
/// shows. Only what is submitted counts: a review that is edited or dismissed later changes nothing.
/// </summary>
internal sealed class ReviewDecisions(NpgsqlDataSource dataSource, CheckStore checks, AuditLog audit, OutboxStore outbox, OutboxNudge nudge)
{
    /// <summary>The open gate that a review is about, or null.</summary>
    public async Task<ReviewedGate?> FindAsync(GitHubEvent.Reviewed review, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await checks.FindReviewedAsync(connection, review.Place.RepositoryId, review.Place.Number, cancellationToken);
    }

    /// <summary>Whether the review was made on what the gate shows: the commit of its check run, else the one that the agent named, else the newest.</summary>
    public static bool IsOfWhatIsShown(GitHubEvent.Reviewed review, ReviewedGate gate) =>
        review.Commit is { Length: > 0 } commit && (review.HeadCommit is null || review.HeadCommit == commit) && commit.StartsWith(gate.ShownCommit ?? review.HeadCommit ?? "?", StringComparison.OrdinalIgnoreCase);

    /// <summary>The decision in the words of the command that says the same.</summary>
    public static string CommandOf(GitHubEvent.Reviewed review) =>
        review.Approves ? $"/approve {review.Words}".TrimEnd() : $"/reject {(review.Words.Length > 0 ? review.Words : $"see the review of pull request {review.Place.Number}")}";

    /// <summary>Keeps that somebody who may not decide has tried to.</summary>
    public Task DeniedAsync(ReviewedGate gate, Speaker by, string why, CancellationToken cancellationToken) =>
        dataSource.InTransactionAsync((connection, token) => DeniedAsync(connection, gate, by, why, token), cancellationToken);

    /// <summary>Says that the review was of something else, once, and keeps it.</summary>
    public async Task OutdatedAsync(string key, ReviewedGate gate, GitHubEvent.Reviewed review, CancellationToken cancellationToken)
    {
        await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                var text = $"That review is of commit `{Short(review.Commit)}`, and **{gate.Title}** shows `{Short(gate.ShownCommit ?? review.HeadCommit)}`, so it decides nothing. Please review what is there now, or comment `/approve` or `/reject`.";
                await outbox.AppendAsync(connection, new OutboxMessage(review.Place.Address, $"{key}:outdated", text), token);
                await DeniedAsync(connection, gate, review.By, "another commit", token);
            },
            cancellationToken);
        nudge.For(review.Place.Address);
    }

    private Task DeniedAsync(NpgsqlConnection connection, ReviewedGate gate, Speaker by, string why, CancellationToken cancellationToken) => audit.AppendAsync(
        connection, new AuditEntry("approval_denied", by.Person, gate.ProjectId, new { gate = gate.GateId, gate.Title, via = "github", why }, AuditEntry.Denied), cancellationToken);

    private static string Short(string? commit) => commit is null ? "unknown" : commit[..Math.Min(commit.Length, 10)];
}
