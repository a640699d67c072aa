using System.Net;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.GitHub.Network;

/// <summary>
/// The addresses from which GitHub sends webhooks, as its meta API names them, IPv4 and IPv6. An extra beside the signature, never in place
/// of it. The list is asked for every hour; when GitHub does not answer, the last one counts, over restarts too. Without any list nobody passes.
/// </summary>
internal sealed class HookAddresses(IOptions<GitHubOptions> options, GitHubHttp http, HookRangeStore store, TimeProvider time, ILogger<HookAddresses> logger) : ISweep
{
    private static readonly TimeSpan Fresh = TimeSpan.FromHours(1);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMinutes(1);
    private readonly IReadOnlyList<IPNetwork> extra = [.. GitHubOptions.List(options.Value.ExtraAddresses).Select(IPNetwork.Parse)];
    private volatile HookRanges? ranges;
    private DateTimeOffset nextLook = DateTimeOffset.MinValue;

    /// <summary>How old the list is; null when there is none, or none is needed.</summary>
    public TimeSpan? Age => ranges is { } list ? time.GetUtcNow() - list.FetchedAt : null;

    /// <summary>Whether a request from here may be heard. The address is that of the peer, or what a trusted proxy (TRUSTED_PROXIES) says of it.</summary>
    public bool Allows(IPAddress? client)
    {
        if (!options.Value.FiltersAddresses)
        {
            return true;
        }

        if (client is null)
        {
            return false;
        }

        var address = client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
        return extra.Any(range => range.Contains(address)) || (ranges?.Networks.Any(range => range.Contains(address)) ?? false);
    }

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.FiltersAddresses || time.GetUtcNow() < nextLook)
        {
            return;
        }

        ranges ??= await store.FindAsync(cancellationToken);
        if (ranges is { } known && time.GetUtcNow() - known.FetchedAt < Fresh)
        {
            nextLook = known.FetchedAt + Fresh;
            return;
        }

        nextLook = time.GetUtcNow() + PauseAfterFailure;
        try
        {
            var hooks = (await http.SendAsync<Meta>(HttpMethod.Get, "meta", null, null, cancellationToken)).Body.Hooks ?? [];
            var fetched = new HookRanges(hooks, time.GetUtcNow());
            if (fetched.Networks.Count == 0)
            {
                throw new GitHubException(GitHubFault.Unavailable, "GitHub names no ranges");
            }

            await store.KeepAsync(fetched, cancellationToken);
            (ranges, nextLook) = (fetched, time.GetUtcNow() + Fresh);
        }
        catch (GitHubException fault)
        {
            logger.LogWarning("GitHub's list of addresses could not be asked for, {Kept}: {Reason}", ranges is null ? "and there is no older one, so no webhook passes" : "the last one stays", fault.Message);
        }
    }

    private sealed record Meta(IReadOnlyList<string>? Hooks);
}

/// <summary>A list of ranges and when GitHub gave it.</summary>
internal sealed record HookRanges(IReadOnlyList<string> Ranges, DateTimeOffset FetchedAt)
{
    /// <summary>Those that can be read; one that cannot lets nobody in.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; } = [.. Ranges.Select(text => IPNetwork.TryParse(text, out var range) ? range : (IPNetwork?)null).OfType<IPNetwork>()];
}
