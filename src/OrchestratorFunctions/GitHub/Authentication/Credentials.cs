using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.GitHub.Authentication;

/// <summary>Who we are on GitHub: an app with a token for each installation, or an account with a personal token.</summary>
internal sealed class Credentials(IOptions<GitHubOptions> options, GitHubHttp http, RepositoryStore repositories, TimeProvider time) : IDisposable
{
    // Installation tokens live an hour; a fresh one is asked for before the old one can end in the middle of a call.
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<long, InstallationToken> tokens = new();
    private readonly SemaphoreSlim renewing = new(1);
    private readonly Lazy<RSA> key = new(() => options.Value.ReadKey());
    private volatile string? login;

    /// <summary>Whether we are an app, whose tokens are for the repositories in which it is installed.</summary>
    public bool IsApp => options.Value.IsApp;

    /// <summary>The token for one repository.</summary>
    /// <exception cref="GitHubException">There is none: the app is not installed there, or GitHub does not answer.</exception>
    public async Task<string> TokenAsync(KnownRepository repository, CancellationToken cancellationToken) =>
        options.Value.IsApp
            ? await InstallationTokenAsync(repository.InstallationId ?? await FindInstallationAsync(repository, cancellationToken), cancellationToken)
            : options.Value.AccessToken ?? throw new GitHubException(GitHubFault.Unauthorized, $"GitHub is not configured: {GitHubOptions.CredentialsHint}");

    /// <summary>The token with which something new is made for an organisation or a person: as an app always a new one, since a token has the permissions that there were when it was given.</summary>
    /// <exception cref="GitHubException">There is none: the app is not installed for them, or GitHub does not answer.</exception>
    public async Task<string> TokenOfOwnerAsync(string owner, CancellationToken cancellationToken) =>
        options.Value.IsApp ? await NewTokenAsync(await FindOwnersInstallationAsync(owner, cancellationToken), cancellationToken) : OwnToken();

    /// <summary>The token for what belongs to us and to no repository: our deliveries, our name.</summary>
    public string OwnToken() => options.Value.IsApp ? AppJwt.Create(options.Value.AppId!.Value, key.Value, time.GetUtcNow())
        : options.Value.AccessToken ?? throw new GitHubException(GitHubFault.Unauthorized, $"GitHub is not configured: {GitHubOptions.CredentialsHint}");

    /// <summary>The login under which we write.</summary>
    public async Task<string> LoginAsync(CancellationToken cancellationToken) =>
        login ??= options.Value.IsApp
            ? $"{(await http.SendAsync<OwnApp>(HttpMethod.Get, "app", OwnToken(), null, cancellationToken)).Body.Slug}[bot]"
            : (await http.SendAsync<Account>(HttpMethod.Get, "user", OwnToken(), null, cancellationToken)).Body.Login;

    public void Dispose()
    {
        renewing.Dispose();
        if (key.IsValueCreated)
        {
            key.Value.Dispose();
        }
    }

    private async Task<long> FindOwnersInstallationAsync(string owner, CancellationToken cancellationToken)
    {
        try
        {
            return (await http.SendAsync<Id>(HttpMethod.Get, $"orgs/{owner}/installation", OwnToken(), null, cancellationToken)).Body.Value;
        }
        catch (GitHubException fault) when (fault.Fault == GitHubFault.NotFound)
        {
            return (await http.SendAsync<Id>(HttpMethod.Get, $"users/{owner}/installation", OwnToken(), null, cancellationToken)).Body.Value;
        }
    }

    private async Task<long> FindInstallationAsync(KnownRepository repository, CancellationToken cancellationToken)
    {
        var found = (await http.SendAsync<Id>(HttpMethod.Get, $"repos/{repository.FullName}/installation", OwnToken(), null, cancellationToken)).Body.Value;
        await repositories.SetInstallationAsync(repository.Id, found, cancellationToken);
        return found;
    }

    private async Task<string> InstallationTokenAsync(long installation, CancellationToken cancellationToken)
    {
        if (Fresh(installation) is { } kept)
        {
            return kept;
        }

        await renewing.WaitAsync(cancellationToken);
        try
        {
            return Fresh(installation) ?? await NewTokenAsync(installation, cancellationToken);
        }
        finally
        {
            renewing.Release();
        }
    }

    private async Task<string> NewTokenAsync(long installation, CancellationToken cancellationToken)
    {
        var answer = await http.SendAsync<InstallationToken>(HttpMethod.Post, $"app/installations/{installation}/access_tokens", OwnToken(), null, cancellationToken);
        tokens[installation] = answer.Body;
        return answer.Body.Token;
    }

    private string? Fresh(long installation) => tokens.TryGetValue(installation, out var token) && token.ExpiresAt - RenewBefore > time.GetUtcNow() ? token.Token : null;

    private sealed record InstallationToken(string Token, DateTimeOffset ExpiresAt);

    private sealed record OwnApp(string Slug);

    private sealed record Account(string Login);

    private sealed record Id([property: System.Text.Json.Serialization.JsonPropertyName("id")] long Value);
}
