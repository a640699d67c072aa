using Microsoft.Extensions.Options;
using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.GitHub.Authentication;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.GitHub.Repositories;

/// <summary>Whether a project can work in a repository.</summary>
internal abstract record RepositoryCheck
{
    /// <summary>It can; the name is as GitHub spells it now.</summary>
    public sealed record Fine(KnownRepository Repository) : RepositoryCheck;

    /// <summary>GitHub is not configured, so nobody can say.</summary>
    public sealed record NotAsked : RepositoryCheck;

    /// <summary>It cannot; why, as a sentence for a person.</summary>
    public sealed record Refused(string Why) : RepositoryCheck;
}

/// <summary>Asks GitHub whether a project can work in a repository, and makes one from the template when a person wants that.</summary>
internal sealed class RepositoryAccess(IOptions<GitHubOptions> options, GitHubApi api, Credentials credentials, OncePosting once, ILogger<RepositoryAccess> logger)
{
    // How GitHub says it.
    private const string Taken = "Name already exists";

    /// <summary>Looks at a repository.</summary>
    /// <param name="repository"><c>owner/name</c>.</param>
    /// <param name="login">Who wants it, when it is somebody on GitHub, who must be able to write there too; else null.</param>
    public Task<RepositoryCheck> CheckAsync(string repository, string? login, CancellationToken cancellationToken) => AnswerAsync(repository, async () =>
        await api.FindAsync(repository, cancellationToken) is { } found
            ? await JudgeAsync(found, login, cancellationToken)
            : new RepositoryCheck.Refused($"I find no repository `{repository}` on GitHub. Is the name right, and may I see it{(options.Value.IsApp ? " (is the app installed there)" : "")}?"));

    /// <summary>Makes a private repository from the template, once for a project: after a crash, the one that was made is found.</summary>
    /// <param name="projectId">For which project.</param>
    /// <param name="wanted"><c>owner/name</c>, or a name in our own account.</param>
    /// <param name="login">Who wants it, when it is somebody on GitHub.</param>
    public Task<RepositoryCheck> MakeAsync(Guid projectId, string wanted, string? login, CancellationToken cancellationToken) => AnswerAsync(wanted, async () =>
    {
        if (options.Value.TemplateRepository is not { } template)
        {
            return new RepositoryCheck.Refused("I make no repositories here. Whoever runs me can change that: GITHUB_TEMPLATE_REPOSITORY names the template.");
        }

        var name = RepositoryName.Parse(wanted.Contains('/', StringComparison.Ordinal) ? wanted : $"{await credentials.LoginAsync(cancellationToken)}/{wanted}");
        if (name is null)
        {
            return new RepositoryCheck.Refused("A new repository needs an owner and a name: /repo new owner/name.");
        }

        if (login is not null && !string.Equals(name.Split('/')[0], login, StringComparison.OrdinalIgnoreCase))
        {
            // What a stranger to an organisation may not do by himself, he may not do through us.
            return new RepositoryCheck.Refused($"From here I make repositories only under your own name: /repo new {login}/{name.Split('/')[1]}.");
        }

        var (owner, called) = (name.Split('/')[0], name.Split('/')[1]);
        try
        {
            var made = await once.PostAsync($"repository:{projectId}:{name.ToLowerInvariant()}", FindAsync, () => api.GenerateAsync(template, owner, called, cancellationToken), cancellationToken);
            return made is not { } id ? new RepositoryCheck.Refused($"`{name}` is being made. Please say it again in a minute.")
                : credentials.IsApp && await api.FindAsync(name, cancellationToken) is null
                    ? new RepositoryCheck.Refused($"I made `{name}`, and the app is not installed there. Whoever owns it has to install it; then say /repo {name}.")
                    : new RepositoryCheck.Fine(new KnownRepository(id, name, null));
        }
        catch (GitHubException fault) when (fault.Message.Contains(Taken, StringComparison.OrdinalIgnoreCase))
        {
            return new RepositoryCheck.Refused($"There is a repository `{name}` already: /repo {name} takes it.");
        }
        // The last is what an app hears that may make repositories, and not read the template.
        catch (GitHubException fault) when (fault.Fault is GitHubFault.Forbidden or GitHubFault.NotFound || fault.Message.Contains("template repository", StringComparison.OrdinalIgnoreCase))
        {
            logger.LogWarning("{Repository} could not be made from {Template}: {Reason}", name, template, fault.Message);
            return new RepositoryCheck.Refused(
                $"GitHub does not let me make `{name}` from the template `{template}`. Whoever runs me can change that: it needs administration: write for `{owner}`, and contents: read for the template. Or make it yourself, and say /repo {name}.");
        }

        async Task<long?> FindAsync(bool begunBefore)
        {
            var there = await api.FindAsync(name, cancellationToken);
            return there is null || (begunBefore && string.Equals(there.TemplateRepository?.FullName, template, StringComparison.OrdinalIgnoreCase)) ? there?.Id : throw new GitHubException(GitHubFault.Refused, Taken);
        }
    });

    private async Task<RepositoryCheck> JudgeAsync(RepositoryAnswer found, string? login, CancellationToken cancellationToken)
    {
        if (RepositoryName.Parse(found.FullName) is not { } name)
        {
            return new RepositoryCheck.Refused("GitHub calls that repository by a name that I cannot use.");
        }

        var known = new KnownRepository(found.Id, name, null);
        return found.Archived ? new RepositoryCheck.Refused($"`{name}` is archived, so nothing can be built there.")
            // What GitHub answers an app here is about code, which the app does not touch.
            : !options.Value.IsApp && found.Permissions is { Push: false } ? new RepositoryCheck.Refused($"I see `{name}`, and may not write there. Somebody who owns it has to let my account in.")
            : login is not null && !await api.MayWriteAsync(known, login, cancellationToken) ? new RepositoryCheck.Refused($"You may not write in `{name}`, so you cannot have me build there.")
            : new RepositoryCheck.Fine(known);
    }

    private async Task<RepositoryCheck> AnswerAsync(string repository, Func<Task<RepositoryCheck>> ask)
    {
        if (!options.Value.HasCredentials)
        {
            return new RepositoryCheck.NotAsked();
        }

        try
        {
            return await ask();
        }
        catch (GitHubException fault)
        {
            return new RepositoryCheck.Refused(fault.IsPassing
                ? $"GitHub does not answer right now, so I could not look at `{repository}`. Please say it again in a minute."
                : $"GitHub does not let me do that with `{repository}` ({(fault.Fault is GitHubFault.NotFound or GitHubFault.Forbidden ? "my account may not" : "it refused")}).");
        }
    }
}
