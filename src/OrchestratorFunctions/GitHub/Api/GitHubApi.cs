using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.GitHub.Authentication;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.GitHub.Api;

/// <summary>What we ask of GitHub about one repository, under the name that it has now.</summary>
internal sealed class GitHubApi(GitHubHttp http, Credentials credentials, RepositoryStore repositories, NpgsqlDataSource dataSource)
{
    /// <summary>Whether somebody may write there, by the endpoint that knows (an author association says NONE of private members).</summary>
    public async Task<bool> MayWriteAsync(KnownRepository repository, string login, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await CallAsync<Permission>(HttpMethod.Get, repository, $"collaborators/{Uri.EscapeDataString(login)}/permission", null, cancellationToken);
            // "maintain" and roles of an organisation's own come out as the nearest of these.
            return answer.Body.Level is "admin" or "write";
        }
        catch (GitHubException fault) when (fault.Fault == GitHubFault.NotFound)
        {
            return false; // no such person, or nobody of that repository
        }
    }

    public async Task<long> CommentAsync(KnownRepository repository, int number, string body, CancellationToken cancellationToken) =>
        (await CallAsync<CommentAnswer>(HttpMethod.Post, repository, $"issues/{number}/comments", new { body }, cancellationToken)).Body.Id;

    public Task EditCommentAsync(KnownRepository repository, long id, string body, CancellationToken cancellationToken) =>
        CallAsync<Nothing>(HttpMethod.Patch, repository, $"issues/comments/{id}", new { body }, cancellationToken);

    /// <summary>The comments of an issue that were written or changed since then, oldest first, at most 1000.</summary>
    public async IAsyncEnumerable<CommentAnswer> CommentsSinceAsync(
        KnownRepository repository, int number, DateTimeOffset since, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var answer = await CallAsync<List<CommentAnswer>>(HttpMethod.Get, repository, $"issues/{number}/comments?per_page=100&since={since.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}", null, cancellationToken);
        for (var page = 1; ; page++)
        {
            foreach (var comment in answer.Body)
            {
                yield return comment;
            }

            if (answer.Next is not { } next || page == 10)
            {
                yield break;
            }

            answer = await http.SendAsync<List<CommentAnswer>>(HttpMethod.Get, next.ToString(), await credentials.TokenAsync(repository, cancellationToken), null, cancellationToken);
        }
    }

    /// <summary>Opens an issue and returns its number.</summary>
    public async Task<long> OpenIssueAsync(KnownRepository repository, string title, string body, CancellationToken cancellationToken) =>
        (await CallAsync<IssueAnswer>(HttpMethod.Post, repository, "issues", new { title, body }, cancellationToken)).Body.Number;

    /// <summary>The newest of the last hundred issues that holds a mark of ours, by its number; null when none does.</summary>
    public async Task<long?> FindIssueAsync(KnownRepository repository, string mark, CancellationToken cancellationToken) =>
        (await CallAsync<List<IssueAnswer>>(HttpMethod.Get, repository, "issues?state=all&sort=created&direction=desc&per_page=100", null, cancellationToken))
            .Body.FirstOrDefault(issue => issue.Body?.Contains(mark, StringComparison.Ordinal) ?? false)?.Number;

    /// <summary>What GitHub says of a repository by its name; null when it is not there, or not for us to see.</summary>
    public async Task<RepositoryAnswer?> FindAsync(string fullName, CancellationToken cancellationToken)
    {
        try
        {
            var known = await repositories.FindByNameAsync(fullName, cancellationToken) ?? new KnownRepository(0, fullName, null);
            return (await CallAsync<RepositoryAnswer>(HttpMethod.Get, known, "", null, cancellationToken)).Body;
        }
        catch (GitHubException fault) when (fault is { Fault: GitHubFault.Moved, MovedTo: { } id } && !credentials.IsApp)
        {
            // It was renamed, and we had not heard of it before: its number finds it.
            return (await http.SendAsync<RepositoryAnswer>(HttpMethod.Get, $"repositories/{id}", credentials.OwnToken(), null, cancellationToken)).Body;
        }
        catch (GitHubException fault) when (fault.Fault is GitHubFault.NotFound or GitHubFault.Moved)
        {
            return null;
        }
    }

    /// <summary>Makes a private repository from a template, by the right that we have where it shall be, and returns its number.</summary>
    public async Task<long> GenerateAsync(string template, string owner, string name, CancellationToken cancellationToken)
    {
        var token = await credentials.TokenOfOwnerAsync(owner, cancellationToken);
        return (await http.SendAsync<RepositoryAnswer>(HttpMethod.Post, $"repos/{template}/generate", token, new { owner, name, @private = true }, cancellationToken)).Body.Id;
    }

    /// <summary>Calls below <c>repos/{owner}/{name}/</c>; a repository that was renamed is asked for its new name, and called again once.</summary>
    public async Task<GitHubAnswer<T>> CallAsync<T>(HttpMethod method, KnownRepository repository, string path, object? body, CancellationToken cancellationToken)
    {
        try
        {
            return await http.SendAsync<T>(method, Path(repository, path), await credentials.TokenAsync(repository, cancellationToken), body, cancellationToken);
        }
        catch (GitHubException fault) when (fault.Fault == GitHubFault.Moved && repository.Id != 0)
        {
            var moved = await RenamedAsync(repository, cancellationToken);
            return await http.SendAsync<T>(method, Path(moved, path), await credentials.TokenAsync(moved, cancellationToken), body, cancellationToken);
        }
    }

    private static string Path(KnownRepository repository, string path) => $"repos/{repository.FullName}/{path}".TrimEnd('/');

    private async Task<KnownRepository> RenamedAsync(KnownRepository repository, CancellationToken cancellationToken)
    {
        var token = await credentials.TokenAsync(repository, cancellationToken);
        var name = (await http.SendAsync<RepositoryAnswer>(HttpMethod.Get, $"repositories/{repository.Id}", token, null, cancellationToken)).Body.FullName;
        var moved = repository with { FullName = RepositoryName.Parse(name) ?? throw new GitHubException(GitHubFault.Refused, "GitHub gave a repository a name that is none.") };
        await dataSource.InTransactionAsync((connection, token) => repositories.MoveAsync(connection, moved, token), cancellationToken);
        return moved;
    }

    private sealed record Permission([property: System.Text.Json.Serialization.JsonPropertyName("permission")] string Level);
}

/// <summary>A comment as GitHub answers it.</summary>
internal sealed record CommentAnswer(long Id, string? Body, AccountAnswer? User, DateTimeOffset? CreatedAt);

/// <summary>An account as GitHub answers it.</summary>
internal sealed record AccountAnswer(string? Login);

/// <summary>An issue as GitHub answers it.</summary>
internal sealed record IssueAnswer(int Number, string? Body);

/// <summary>A repository as GitHub answers it.</summary>
internal sealed record RepositoryAnswer(long Id, string FullName, bool Archived, RepositoryRights? Permissions = null, TemplateAnswer? TemplateRepository = null);

/// <summary>What our account may do in a repository, by the role that it has there.</summary>
internal sealed record RepositoryRights(bool Push);

/// <summary>The template that a repository was made from.</summary>
internal sealed record TemplateAnswer(string? FullName);
