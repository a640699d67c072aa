using Microsoft.Extensions.Logging;
using Npgsql;

namespace DurableTask.PostgreSql.Hub;

// Hears other processes on a connection of its own. When it is deaf for a while nothing is lost: the look every poll interval finds it.
internal sealed class NotificationListener(NpgsqlDataSource database, Wakeups wakeups, TimeProvider time, ILogger log)
{
    private const string Listen = "/* name: durable.listen */ listen durable_work";
    private const string StillThere = "/* name: durable.still_there */ select 1";

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                log.LogWarning("Listening for work of other processes broke off ({Reason}); it begins again", exception.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        connection.Notification += (_, _) => wakeups.All();
        await ExecuteAsync(connection, Listen, stop);
        wakeups.All();
        while (true)
        {
            if (!await connection.WaitAsync(TimeSpan.FromSeconds(30), stop))
            {
                await ExecuteAsync(connection, StillThere, stop);
            }
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(stop);
    }
}
