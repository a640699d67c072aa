using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Hub;

namespace DurableTask.PostgreSql.Timers;

// Exchanges due timers for mail to their instances, and sleeps until the next one is due.
internal sealed class TimerWork(HubDatabase database, Wakeups wakeups, TimeProvider time)
{
    private const int AtOnce = 1000;

    private const string Fire =
        """
        /* name: durable.fire_timers */
        with due as (
            select ctid from durable.timers
            where fire_at <= $1
            order by fire_at
            limit $2
            for update skip locked
        ), gone as (
            delete from durable.timers where ctid = any (array(select ctid from due)) returning instance_id, execution_id, event, fire_at
        ), told as (
            insert into durable.messages (instance_id, execution_id, visible_at, event)
            select instance_id, execution_id, $1, event from gone order by fire_at
        )
        select count(*) from gone
        """;

    private const string Next = "/* name: durable.next_timer */ select min(fire_at) from durable.timers";

    // Returns how long it is until the next one is due.
    public async Task<TimeSpan> FireAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        wakeups.NextTimer = DateTimeOffset.MaxValue;
        var (fired, next) = await database.RunAsync(
            batch =>
            {
                batch.Named(Fire).Parameters.Time(now, roundUp: false).Int(AtOnce);
                batch.Named(Next);
            },
            async reader =>
            {
                await reader.ReadAsync(stop);
                var fired = reader.GetInt64(0);
                await reader.NextResultAsync(stop);
                await reader.ReadAsync(stop);
                return (fired, reader.IsDBNull(0) ? (DateTimeOffset?)null : reader.GetFieldValue<DateTimeOffset>(0));
            },
            stop);
        if (fired > 0)
        {
            wakeups.Mail.Set();
        }

        var wait = next is { } at ? at - now : Loop.UntilTold;
        wakeups.TimerWithin(now + wait);
        return fired == AtOnce ? TimeSpan.Zero : wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait;
    }
}
