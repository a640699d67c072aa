using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.GitHub.Redelivery;

/// <summary>The SQL of what was asked to be delivered again.</summary>
internal sealed class RedeliveryStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    /// <summary>True for who asks first; nobody asks twice.</summary>
    public async Task<bool> ClaimAsync(string deliveryId, CancellationToken cancellationToken) => await ExecuteAsync(
        "/* name: github_redeliveries.claim */ insert into github_redeliveries (delivery_id, asked_at) values (@deliveryId, @now) on conflict do nothing",
        new { deliveryId, now = time.GetUtcNow() }, cancellationToken) == 1;

    public Task GiveBackAsync(string deliveryId, CancellationToken cancellationToken) =>
        ExecuteAsync("/* name: github_redeliveries.give_back */ delete from github_redeliveries where delivery_id = @deliveryId", new { deliveryId }, cancellationToken);

    /// <summary>The repositories whose hooks may be ours, at most 100.</summary>
    public async Task<IReadOnlyList<string>> RepositoriesAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<string>(Command(
            "/* name: github_redeliveries.repositories */ select full_name from repositories where gone_at is null order by updated_at desc limit 100", new { }, cancellationToken))];
    }

    private async Task<int> ExecuteAsync(string sql, object parameters, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteAsync(Command(sql, parameters, cancellationToken));
    }
}
