using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.GitHub.Authentication;
using OrchestratorFunctions.GitHub.Webhook;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.GitHub.Redelivery;

/// <summary>
/// GitHub tries a delivery once. This asks for those of the last three days that failed (we were down, or could not store them), each of
/// them once; what arrived by another way, or was asked for before, is left alone.
/// </summary>
internal sealed class RedeliverySweep(
    IOptions<GitHubOptions> options, GitHubHttp http, Credentials credentials, DeliveryStore deliveries, RedeliveryStore asked, TimeProvider time, ILogger<RedeliverySweep> logger) : ISweep
{
    private const int MostPages = 50;
    private static readonly TimeSpan Reach = TimeSpan.FromDays(3);
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);
    private DateTimeOffset nextLook = DateTimeOffset.MinValue;

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Secrets.Count == 0 || !options.Value.HasCredentials || time.GetUtcNow() < nextLook)
        {
            return;
        }

        nextLook = time.GetUtcNow() + Interval;
        try
        {
            foreach (var hook in await HooksAsync(cancellationToken))
            {
                await RedeliverAsync(hook.Path, hook.Token, cancellationToken);
            }
        }
        catch (GitHubException fault)
        {
            logger.LogWarning("Failed deliveries could not be looked for, again in {Interval}: {Reason}", Interval, fault.Message);
        }
    }

    // An app has one hook for all; an account has those of its repositories, as far as it may see them.
    private async Task<IReadOnlyList<(string Path, string Token)>> HooksAsync(CancellationToken cancellationToken)
    {
        if (options.Value.IsApp)
        {
            return [("app/hook", credentials.OwnToken())];
        }

        var found = new List<(string, string)>();
        foreach (var repository in await asked.RepositoriesAsync(cancellationToken))
        {
            try
            {
                var hooks = (await http.SendAsync<List<Hook>>(HttpMethod.Get, $"repos/{repository}/hooks?per_page=100", credentials.OwnToken(), null, cancellationToken)).Body;
                found.AddRange(hooks.Where(hook => hook.Config?.Url?.TrimEnd('/').EndsWith("/webhooks/github", StringComparison.OrdinalIgnoreCase) ?? false)
                    .Select(hook => ($"repos/{repository}/hooks/{hook.Id}", credentials.OwnToken())));
            }
            catch (GitHubException fault) when (!fault.IsPassing)
            {
                logger.LogDebug("The hooks of {Repository} are not for us to see: {Reason}", repository, fault.Message);
            }
        }

        return found;
    }

    private async Task RedeliverAsync(string hook, string token, CancellationToken cancellationToken)
    {
        var attempts = await AttemptsAsync(hook, token, cancellationToken);
        var failed = attempts.GroupBy(attempt => attempt.Guid, StringComparer.Ordinal).Where(tries => tries.All(attempt => attempt.StatusCode is < 200 or > 299))
            .Select(tries => tries.MaxBy(attempt => attempt.DeliveredAt)!).OrderBy(attempt => attempt.DeliveredAt).ToList();
        var known = await deliveries.KnownAsync([.. failed.Select(attempt => attempt.Guid)], cancellationToken);
        foreach (var attempt in failed.Where(attempt => !known.Contains(attempt.Guid)))
        {
            // Claimed first, so that two processes do not both ask; given back when GitHub does not take it.
            if (!await asked.ClaimAsync(attempt.Guid, cancellationToken))
            {
                continue;
            }

            try
            {
                await http.SendAsync<Nothing>(HttpMethod.Post, $"{hook}/deliveries/{attempt.Id}/attempts", token, null, cancellationToken);
                logger.LogInformation("GitHub delivers {DeliveryId} ({Event}) again, which had failed with {Status}", attempt.Guid, attempt.Event, attempt.StatusCode);
            }
            catch (GitHubException fault) when (fault.IsPassing)
            {
                await asked.GiveBackAsync(attempt.Guid, CancellationToken.None);
                throw;
            }
            catch (GitHubException fault)
            {
                logger.LogWarning("GitHub does not deliver {DeliveryId} again: {Reason}", attempt.Guid, fault.Message);
            }
        }
    }

    // Newest first, so the first one that is too old ends the search.
    private async Task<IReadOnlyList<Attempt>> AttemptsAsync(string hook, string token, CancellationToken cancellationToken)
    {
        var limit = time.GetUtcNow() - Reach;
        var found = new List<Attempt>();
        var next = $"{hook}/deliveries?per_page=100";
        for (var page = 0; page < MostPages && next is not null; page++)
        {
            var answer = await http.SendAsync<List<Attempt>>(HttpMethod.Get, next, token, null, cancellationToken);
            found.AddRange(answer.Body.Where(attempt => attempt.DeliveredAt >= limit));
            next = answer.Body.Any(attempt => attempt.DeliveredAt < limit) ? null : answer.Next?.ToString();
        }

        return found;
    }

    private sealed record Attempt(long Id, string Guid, DateTimeOffset DeliveredAt, int StatusCode, string? Event);

    private sealed record Hook(long Id, HookConfig? Config);

    private sealed record HookConfig(string? Url);
}
