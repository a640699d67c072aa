using Dapper;
using Npgsql;
using static OrchestratorFunctions.Database.Sql;

namespace OrchestratorFunctions.GitHub.Events;

/// <summary>The SQL of the lock that lets one handler at a time work on a queue. It belongs to the connection, and ends with it.</summary>
internal sealed class QueueLockStore
{
    private const int Namespace = 0x67687562; // 'ghub': advisory locks of other uses do not meet ours

    public Task<bool> TryTakeAsync(NpgsqlConnection connection, string queue, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<bool>(Command("/* name: github_queues.try_lock */ select pg_try_advisory_lock(@Namespace, hashtext(@queue))", new { Namespace, queue }, cancellationToken));

    public Task ReleaseAsync(NpgsqlConnection connection, string queue) =>
        connection.ExecuteAsync(Command("/* name: github_queues.unlock */ select pg_advisory_unlock(@Namespace, hashtext(@queue))", new { Namespace, queue }, CancellationToken.None));
}
