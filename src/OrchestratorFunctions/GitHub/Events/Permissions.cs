using System.Collections.Concurrent;
using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.GitHub.Events;

/// <summary>
/// Who may command in a repository: whoever may write there, as GitHub says now. The answer is kept for half a minute, so that somebody
/// who loses the right loses it here as well; when GitHub does not answer, nobody is let in and the delivery waits.
/// </summary>
internal sealed class Permissions(GitHubApi api, RepositoryStore repositories, NpgsqlDataSource dataSource, TimeProvider time)
{
    private const int Most = 10_000;
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<(long Repository, long Person), (bool MayWrite, DateTimeOffset Until)> answers = new();

    /// <summary>Asks, and remembers the person as one who decides in this repository's projects, or forgets them.</summary>
    public async Task<bool> MayWriteAsync(KnownRepository repository, Speaker person, CancellationToken cancellationToken)
    {
        if (answers.TryGetValue((repository.Id, person.Id), out var known) && known.Until > time.GetUtcNow())
        {
            return known.MayWrite;
        }

        var mayWrite = await api.MayWriteAsync(repository, person.Login, cancellationToken);
        await dataSource.InTransactionAsync((connection, token) => repositories.SetWriterAsync(connection, repository.Id, person.Person, mayWrite, token), cancellationToken);
        if (answers.Count >= Most)
        {
            answers.Clear();
        }

        answers[(repository.Id, person.Id)] = (mayWrite, time.GetUtcNow() + Kept);
        return mayWrite;
    }
}
