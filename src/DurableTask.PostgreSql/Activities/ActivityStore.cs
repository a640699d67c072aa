using DurableTask.PostgreSql.Hub;
using DurableTask.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DurableTask.PostgreSql.Activities;

internal sealed record ClaimedActivity(long Id, string InstanceId, int TaskId, string Name, string? Input, long Epoch, int Attempts);

// Activities as work: taken under a lease, kept by heartbeats, ended by exchanging the row for a message to the instance.
internal sealed class ActivityStore(NpgsqlDataSource database, Wakeups wakeups, string worker)
{
    private const string Claim =
        """
        /* name: durable.claim_activities */
        with ready as (
            select id from durable.activities
            where parked_reason is null and (lease_until is null or lease_until <= $3) and lower(name) = any ($2)
            order by id
            limit $5
            for no key update skip locked
        )
        update durable.activities as a
        set worker = $1, lease_until = $4, epoch = a.epoch + 1, attempts = a.attempts + 1
        from ready where a.id = ready.id
        returning a.id, a.instance_id, a.task_id, a.name, a.input, a.epoch, a.attempts
        """;

    // A finished instance, or one that has continued as new, no longer wants the result; the row goes all the same.
    private const string Complete =
        """
        /* name: durable.complete_activity */
        with done as (
            delete from durable.activities where id = $1 and epoch = $2 and worker = $3
            returning instance_id, execution_id
        ), told as (
            insert into durable.messages (instance_id, execution_id, event)
            select done.instance_id, done.execution_id, $4
            from done join durable.instances as i using (instance_id, execution_id)
            where i.finished_at is null
        )
        select durable.fence(count(*)) from done
        """;

    private const string Extend =
        """
        /* name: durable.extend_activities */
        update durable.activities as a set lease_until = $4
        from unnest($1::bigint[], $2::bigint[]) as held (id, epoch)
        where a.id = held.id and a.epoch = held.epoch and a.worker = $3
        returning a.id
        """;

    private const string Release =
        """
        /* name: durable.release_activity */
        update durable.activities set worker = null, lease_until = $4, attempts = greatest(attempts - $5, 0)
        where id = $1 and epoch = $2 and worker = $3
        """;

    private const string Park =
        """
        /* name: durable.park_activity */
        update durable.activities set worker = null, lease_until = null, parked_reason = $4
        where id = $1 and epoch = $2 and worker = $3
        """;

    private const string Unknown =
        """
        /* name: durable.unknown_activities */
        select distinct lower(name) from durable.activities where lower(name) <> all ($1) order by 1 limit 20
        """;

    public async Task<IReadOnlyList<ClaimedActivity>> ClaimAsync(string[] names, int limit, DateTimeOffset now, TimeSpan lease, CancellationToken cancellation) =>
        await RelaxedCommit.ReadAsync<ClaimedActivity>(
            database,
            Claim,
            parameters => parameters.Text(worker).Texts(names).Time(now).Time(now + lease).Int(limit),
            (reader, claimed) => claimed.Add(new ClaimedActivity(
                reader.GetInt64(0), reader.GetString(1), reader.GetInt32(2), reader.GetString(3), reader.TextOrNull(4), reader.GetInt64(5), reader.GetInt32(6))),
            cancellation);

    public async Task CompleteAsync(ClaimedActivity activity, string envelope, DateTimeOffset now)
    {
        var told = new HistoryEvent
        {
            EventId = -1,
            Timestamp = Timestamp.FromDateTimeOffset(now),
            TaskCompleted = new TaskCompletedEvent { TaskScheduledId = activity.TaskId, Result = envelope },
        };
        await using var connection = await database.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        batch.Named(Complete).Parameters.Long(activity.Id).Long(activity.Epoch).Text(worker).Bytes(told.ToByteArray());
        wakeups.NotifyOthers(batch, instances: true, activities: false);
        await batch.ExecuteNonQueryAsync();
    }

    // Returns the ids that are still ours.
    public async Task<HashSet<long>> ExtendAsync(IReadOnlyCollection<ClaimedActivity> held, DateTimeOffset until, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(Extend);
        command.Parameters.Longs(held.Select(one => one.Id)).Longs(held.Select(one => one.Epoch)).Text(worker).Time(until);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        HashSet<long> ours = [];
        while (await reader.ReadAsync(cancellation))
        {
            ours.Add(reader.GetInt64(0));
        }

        return ours;
    }

    public async Task ReleaseAsync(ClaimedActivity activity, DateTimeOffset? notBefore, bool countAttempt)
    {
        await using var command = database.CreateCommand(Release);
        command.Parameters.Long(activity.Id).Long(activity.Epoch).Text(worker).Time(notBefore).Int(countAttempt ? 0 : 1);
        await command.ExecuteNonQueryAsync();
    }

    public async Task ParkAsync(ClaimedActivity activity, string reason)
    {
        await using var command = database.CreateCommand(Park);
        command.Parameters.Long(activity.Id).Long(activity.Epoch).Text(worker).Text(reason);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<IReadOnlyList<string>> UnknownAsync(string[] names, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(Unknown);
        command.Parameters.Texts(names);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        List<string> unknown = [];
        while (await reader.ReadAsync(cancellation))
        {
            unknown.Add(reader.GetString(0));
        }

        return unknown;
    }
}
