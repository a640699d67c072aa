using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.GitHub.Comments;
using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.GitHub.Agent;

/// <summary>What came of something that GitHub has to carry out.</summary>
internal abstract record Posted
{
    public sealed record Done : Posted;

    /// <summary>Not now; asking again in a while may help.</summary>
    public sealed record Later(string Reason) : Posted;

    /// <summary>Not at all.</summary>
    public sealed record Refused(string Reason) : Posted;
}

/// <summary>The issue in which a project's commands are given to the coding agent, and in which it answers.</summary>
internal sealed class AgentThread(
    IOptions<GitHubOptions> options, GitHubApi api, OncePosting once, AgentStore store, RepositoryStore repositories, ProjectStore projects, NpgsqlDataSource dataSource, TimeProvider time)
{
    // A delivery that was lost costs some seconds, not the run.
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>How the agent is called; with its <c>@</c>.</summary>
    public string Mention => options.Value.AgentMention ?? $"@{options.Value.AgentLogin?.Replace("[bot]", "", StringComparison.OrdinalIgnoreCase)}";

    /// <summary>Finds the issue for a run, or opens it: a project that began in an issue of the repository has one, others get one of their own.</summary>
    /// <param name="address">Where the project began.</param>
    public Task<Posted> OpenAsync(Guid executionId, Guid projectId, string repository, string address, CancellationToken cancellationToken) => CarryOutAsync(async () =>
    {
        if (await api.FindAsync(repository, cancellationToken) is not { } found || RepositoryName.Parse(found.FullName) is not { } name)
        {
            return new Posted.Refused($"there is no repository {repository} on GitHub that we may see");
        }

        if (found.Archived)
        {
            return new Posted.Refused($"the repository {name} is archived, so nothing can be written there");
        }

        var known = new KnownRepository(found.Id, name, null);
        await dataSource.InTransactionAsync((connection, token) => repositories.MoveAsync(connection, known, token), cancellationToken);
        if (await IssueAsync((await repositories.OfAddressAsync($"github:{found.Id}#0", cancellationToken))!, projectId, address, cancellationToken) is not { } number)
        {
            return new Posted.Later("the issue is being opened");
        }

        await store.BindAsync(executionId, found.Id, number, cancellationToken);
        return new Posted.Done();
    });

    /// <summary>Writes a command, the last part of which mentions the agent. What was written before is found and not written again.</summary>
    /// <param name="begunAt">When the sending was begun.</param>
    public Task<Posted> PostAsync(Guid executionId, Func<int, IReadOnlyList<string>> render, DateTimeOffset begunAt, CancellationToken cancellationToken) => CarryOutAsync(async () =>
    {
        var (repository, number) = await PlaceAsync(executionId, cancellationToken);
        var parts = render(number);
        long? last = null;
        for (var part = 0; part < parts.Count; part++)
        {
            var mark = CommentText.Marker(executionId, part);
            last = await once.PostAsync(
                $"command:{executionId}:{part}",
                async _ => await FindAsync(comment => comment.Body?.Contains(mark, StringComparison.Ordinal) ?? false) is { } there ? there.Id : null,
                () => api.CommentAsync(repository, number, $"{parts[part]}\n\n{mark}", cancellationToken),
                cancellationToken);
            if (last is null)
            {
                return new Posted.Later("it is not known yet whether the command was posted");
            }
        }

        await store.PostedAsync(executionId, last!.Value, CancellationToken.None);
        return new Posted.Done();

        async Task<CommentAnswer?> FindAsync(Func<CommentAnswer, bool> isIt)
        {
            await foreach (var comment in api.CommentsSinceAsync(repository, number, begunAt - ClockSkew, cancellationToken))
            {
                if (isIt(comment))
                {
                    return comment;
                }
            }

            return null;
        }
    });

    /// <summary>Everything that the agent said in a run, oldest first.</summary>
    public Task<IReadOnlyList<AgentReply>> RepliesAsync(Guid executionId, CancellationToken cancellationToken) => store.RepliesAsync(executionId, cancellationToken);

    /// <summary>Asks GitHub for comments whose delivery was lost: now and then, or now.</summary>
    public Task<Posted> CatchUpAsync(Guid executionId, DateTimeOffset since, bool now, CancellationToken cancellationToken) => CarryOutAsync(async () =>
    {
        var command = (await store.FindAsync(executionId, cancellationToken))!;
        if (!now && command.LookedAt is { } looked && time.GetUtcNow() - looked < LookInterval)
        {
            return new Posted.Done();
        }

        var (repository, number) = await PlaceAsync(executionId, cancellationToken);
        await foreach (var comment in api.CommentsSinceAsync(repository, number, since - ClockSkew, cancellationToken))
        {
            if (comment.Id > command.CommentId && options.Value.IsAgent(comment.User?.Login))
            {
                await store.AddMissedAsync(executionId, comment.Id, SpokenText.Visible(comment.Body), comment.CreatedAt ?? time.GetUtcNow(), cancellationToken);
            }
        }

        await store.LookedAsync(executionId, cancellationToken);
        return new Posted.Done();
    });

    private async Task<int?> IssueAsync(KnownRepository repository, Guid projectId, string address, CancellationToken cancellationToken)
    {
        var begunHere = $"github:{repository.Id}#";
        if (address.StartsWith(begunHere, StringComparison.Ordinal) && int.TryParse(address.AsSpan(begunHere.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var own))
        {
            return own;
        }

        var project = (await projects.FindAsync(projectId, cancellationToken))!;
        var mark = CommentText.Marker(projectId, 0);
        var number = await once.PostAsync(
            $"issue:{projectId}:{repository.Id}",
            _ => api.FindIssueAsync(repository, mark, cancellationToken),
            () => api.OpenIssueAsync(repository, project.Name, $"In this issue the coding agent is told what to do for **{CommentText.Harmless(project.Name)}**, and answers.\n\n{mark}", cancellationToken),
            cancellationToken);
        return (int?)number;
    }

    private async Task<(KnownRepository Repository, int Number)> PlaceAsync(Guid executionId, CancellationToken cancellationToken)
    {
        var command = (await store.FindAsync(executionId, cancellationToken))!;
        return ((await repositories.OfAddressAsync($"github:{command.RepositoryId}#{command.Number}", cancellationToken))!, command.Number);
    }

    private async Task<Posted> CarryOutAsync(Func<Task<Posted>> work)
    {
        if (!options.Value.HasCredentials)
        {
            return new Posted.Refused($"GitHub is not configured: {GitHubOptions.CredentialsHint}");
        }

        try
        {
            return await work();
        }
        catch (GitHubException fault)
        {
            return fault.IsPassing ? new Posted.Later(fault.Message) : new Posted.Refused(fault.Message);
        }
    }
}
