using System.Collections.Concurrent;
using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.GitHub.Events;

/// <summary>
/// Who may command in a repository: whoever may write there, as GitHub says now. For talk an answer is kept: a yes for half a minute, a no for
/// some seconds. Whoever commands or decides is asked about anew, so that the right ends here when it ends there; when GitHub does not
/// answer, nobody is let in and the delivery waits.
/// </summary>
internal sealed class Permissions(GitHubApi api, RepositoryStore repositories, NpgsqlDataSource dataSource, TimeProvider time)
{
    private const int Most = 10_000;
    private static readonly TimeSpan KeptYes = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan KeptNo = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<(long Repository, long Person), (bool MayWrite, DateTimeOffset Until)> answers = new();

    /// <summary>Asks, and remembers the person as one who decides in this repository's projects, or forgets them.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="person">Who.</param>
    /// <param name="talks">Whether it is only talk, for which a kept yes will do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<bool> MayWriteAsync(KnownRepository repository, Speaker person, bool talks, CancellationToken cancellationToken)
    {
        if (answers.TryGetValue((repository.Id, person.Id), out var known) && known.Until > time.GetUtcNow() && (talks || !known.MayWrite))
        {
            return known.MayWrite;
        }

        var mayWrite = await api.MayWriteAsync(repository, person.Login, cancellationToken);
        await dataSource.InTransactionAsync((connection, token) => repositories.SetWriterAsync(connection, repository.Id, person.Person, mayWrite, token), cancellationToken);
        if (answers.Count >= Most)
        {
            answers.Clear();
        }

        answers[(repository.Id, person.Id)] = (mayWrite, time.GetUtcNow() + (mayWrite ? KeptYes : KeptNo));
        return mayWrite;
    }
}
