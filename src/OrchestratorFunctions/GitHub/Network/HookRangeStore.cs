using Dapper;
using Npgsql;
using OrchestratorFunctions.Database;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.GitHub.Network;

/// <summary>The SQL of the last good list of GitHub's addresses.</summary>
internal sealed class HookRangeStore(NpgsqlDataSource dataSource)
{
    public async Task<HookRanges?> FindAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<(string Ranges, DateTimeOffset FetchedAt)?>(Command(
            "/* name: github_hook_ranges.find */ select ranges::text as ranges, fetched_at from github_hook_ranges", new { }, cancellationToken));
        return row is { } found ? new HookRanges(Json.Read<List<string>>(found.Ranges), found.FetchedAt) : null;
    }

    public async Task KeepAsync(HookRanges list, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(Command(
            """
            /* name: github_hook_ranges.keep */
            insert into github_hook_ranges (ranges, fetched_at) values (@ranges::jsonb, @FetchedAt)
            on conflict (singleton) do update set ranges = excluded.ranges, fetched_at = excluded.fetched_at where github_hook_ranges.fetched_at <= excluded.fetched_at
            """,
            new { ranges = Json.Write(list.Ranges), list.FetchedAt }, cancellationToken));
    }
}
