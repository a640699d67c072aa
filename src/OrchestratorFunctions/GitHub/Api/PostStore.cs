using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.GitHub.Api;

/// <summary>A writing call that is claimed.</summary>
/// <param name="IsOurs">False: somebody else is at it, or died at it less than a minute ago.</param>
/// <param name="Result">GitHub's number for what came of it, when it is done.</param>
/// <param name="Before">Whether it was begun before, so that it may be there already.</param>
internal sealed record PostClaim(bool IsOurs, long? Result, bool Before);

/// <summary>The SQL of writing calls that must not be repeated.</summary>
internal sealed class PostStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    // Longer than a call may take: after that, it has arrived at GitHub or never will.
    private static readonly TimeSpan Unsettled = TimeSpan.FromMinutes(1);

    /// <summary>Claims a call, unless it is done or somebody may still be at it.</summary>
    public async Task<PostClaim> ClaimAsync(string key, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleAsync<PostClaim>(Command(
            """
            /* name: github_posts.claim */
            with before as (select result from github_posts where key = @key),
                ours as (
                    insert into github_posts as p (key, claimed_at) values (@key, @now)
                    on conflict (key) do update set claimed_at = excluded.claimed_at where p.result is null and p.claimed_at <= @settled returning 1)
            select exists (select 1 from ours) as is_ours, (select result from before) as result, exists (select 1 from before) as before
            """,
            new { key, now = time.GetUtcNow(), settled = time.GetUtcNow() - Unsettled }, cancellationToken));
    }

    public Task DoneAsync(string key, long result, CancellationToken cancellationToken) =>
        ExecuteAsync("/* name: github_posts.done */ update github_posts set result = @result where key = @key", new { key, result }, cancellationToken);

    /// <summary>Nobody is at it any more: it may be tried again at once.</summary>
    /// <param name="mayBeThere">Whether something may have come of it.</param>
    public Task ReleaseAsync(string key, bool mayBeThere, CancellationToken cancellationToken) => ExecuteAsync(
        mayBeThere
            ? "/* name: github_posts.release */ update github_posts set claimed_at = '-infinity' where key = @key and result is null"
            : "/* name: github_posts.forget */ delete from github_posts where key = @key and result is null",
        new { key }, cancellationToken);

    private async Task ExecuteAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Command(sql, parameters, cancellationToken));
    }
}
