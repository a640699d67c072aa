using DurableTask.PostgreSql.Hub;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DurableTask.PostgreSql.Timers;

// Exchanges due timers for messages to their instances, and sleeps until the next one is due.
internal sealed class TimerWork(NpgsqlDataSource database, Wakeups wakeups, PostgresTaskHubOptions options, TimeProvider time, ILogger log)
{
    private const string Fire =
        """
        /* name: durable.fire_timers */
        with due as (
            select instance_id, execution_id, task_id from durable.timers
            where fire_at <= $1
            order by fire_at
            limit 200
            for update skip locked
        ), gone as (
            delete from durable.timers as t using due
            where t.instance_id = due.instance_id and t.execution_id = due.execution_id and t.task_id = due.task_id
            returning t.instance_id, t.execution_id, t.event, t.fire_at
        )
        insert into durable.messages (instance_id, execution_id, event)
        select instance_id, execution_id, event from gone order by fire_at
        """;

    private const string Next = "/* name: durable.next_timer */ select min(fire_at) from durable.timers";

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var wait = options.PollInterval;
            try
            {
                wait = await FireAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                log.LogError(exception, "Timers could not be fired; they are tried again");
            }

            if (wait > TimeSpan.Zero)
            {
                await wakeups.Timers.WaitAsync(wait, time, stop);
            }
        }
    }

    private async Task<TimeSpan> FireAsync(CancellationToken stop)
    {
        await using (var connection = await database.OpenConnectionAsync(stop))
        await using (var batch = new NpgsqlBatch(connection))
        {
            batch.Named(Fire).Parameters.Time(time.GetUtcNow());
            if (await batch.ExecuteNonQueryAsync(stop) > 0)
            {
                wakeups.Instances.Set();
                return TimeSpan.Zero;
            }
        }

        await using var command = database.CreateCommand(Next);
        var wait = await command.ExecuteScalarAsync(stop) is DateTime next ? next - time.GetUtcNow().UtcDateTime : options.PollInterval;
        return wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait < options.PollInterval ? wait : options.PollInterval;
    }
}
