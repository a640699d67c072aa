using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.GitHub.Checks;

/// <summary>
/// Brings check runs in line with gates, whatever decided them: it looks at rows and trusts no event. Only an app may write check runs,
/// so with a personal token there are none.
/// </summary>
internal sealed partial class CheckSweep(
    IOptions<GitHubOptions> options, NpgsqlDataSource dataSource, CheckStore checks, CheckRuns runs, RepositoryStore repositories, GitHubApi api, ButtonStore buttons, QueueLockStore locks, ILogger<CheckSweep> logger) : ISweep
{
    private const string Lock = "check runs";
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.IsApp)
        {
            return;
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        if (!await locks.TryTakeAsync(connection, Lock, cancellationToken))
        {
            return; // another process is at it
        }

        try
        {
            foreach (var gate in await checks.UnshownAsync(connection, cancellationToken))
            {
                await PlanAsync(gate, cancellationToken);
            }

            foreach (var check in await checks.StaleAsync(connection, cancellationToken))
            {
                await ShowAsync(connection, check, cancellationToken);
            }
        }
        finally
        {
            await locks.ReleaseAsync(connection, Lock);
        }
    }

    // A pull request elsewhere is none of this project's, whatever the agent wrote.
    private async Task PlanAsync(UnshownGate gate, CancellationToken cancellationToken)
    {
        var link = PullRequestLink().Match(gate.PullRequest);
        if (!link.Success || !string.Equals(link.Groups["repository"].Value, gate.Repository, StringComparison.OrdinalIgnoreCase) ||
            !int.TryParse(link.Groups["number"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ||
            await FindAsync(gate.Repository, cancellationToken) is not { } repository)
        {
            return;
        }

        await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                var approve = await buttons.AddAsync(connection, new OutboxButton("Approve", "gate.approve", gate.GateId), token);
                var change = await buttons.AddAsync(connection, new OutboxButton("Change", "gate.change", gate.GateId), token);
                await checks.AddAsync(connection, gate.GateId, repository.Id, number, approve, change, token);
            },
            cancellationToken);
    }

    private async Task ShowAsync(NpgsqlConnection connection, StaleCheck check, CancellationToken cancellationToken)
    {
        try
        {
            var repository = (await repositories.OfAddressAsync($"github:{check.RepositoryId}#{check.PullNumber}", cancellationToken))!;
            var (id, head) = await runs.ShowAsync(repository, check, cancellationToken);
            await checks.ShownAsync(connection, check.GateId, id, head, check.Status, CancellationToken.None);
        }
        catch (GitHubException fault)
        {
            var pause = fault.RetryAfter ?? TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Min(check.Attempts, 10))));
            logger.LogWarning("The check run of gate {Gate} is shown later: {Reason}", check.GateId, fault.Message);
            await checks.LaterAsync(connection, check.GateId, pause, CancellationToken.None);
        }
    }

    private async Task<KnownRepository?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (await repositories.FindByNameAsync(name, cancellationToken) is { } known)
        {
            return known;
        }

        try
        {
            if (await api.FindAsync(name, cancellationToken) is not { } found)
            {
                return null;
            }

            var repository = new KnownRepository(found.Id, found.FullName, null);
            await dataSource.InTransactionAsync((connection, token) => repositories.RememberAsync(connection, repository, token), cancellationToken);
            return repository;
        }
        catch (GitHubException fault) when (fault.IsPassing || fault.Fault == GitHubFault.Forbidden)
        {
            return null; // the next sweep asks again
        }
    }

    [GeneratedRegex(@"\Ahttps?://[^/\s]+/(?<repository>[^/\s]+/[^/\s]+)/pull/(?<number>[0-9]{1,9})/?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PullRequestLink();
}
