using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Outbox;

namespace OrchestratorFunctions.GitHub.Checks;

/// <summary>The buttons of check runs: each stands for a button of its gate and goes the way of every press.</summary>
internal sealed class CheckPresses(NpgsqlDataSource dataSource, CheckStore checks, OutboxStore outbox, OutboxNudge nudge)
{
    /// <summary>What was pressed; null when it is no button of ours.</summary>
    public async Task<CheckButton?> FindAsync(GitHubEvent.Pressed pressed, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await checks.FindButtonAsync(connection, pressed.Place.RepositoryId, pressed.CheckRunId, pressed.Action, cancellationToken);
    }

    /// <summary>GitHub shows no answer to a press, so it is said in the pull request.</summary>
    public async Task AnswerAsync(IncomingDelivery press, string toast, CancellationToken cancellationToken)
    {
        await dataSource.InTransactionAsync((connection, token) => outbox.AppendAsync(connection, new OutboxMessage(press.Address, $"{press.Key}:toast", toast), token), cancellationToken);
        nudge.For(press.Address);
    }

    public Task ShowAgainAsync(NpgsqlConnection connection, GitHubEvent.ChecksAsked asked, CancellationToken cancellationToken) =>
        checks.ForgetShownAsync(connection, asked.Place.RepositoryId, asked.CheckRunId, asked.HeadSha, cancellationToken);
}
