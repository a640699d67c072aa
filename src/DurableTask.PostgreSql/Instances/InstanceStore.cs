using DurableTask.PostgreSql.Hub;
using DurableTask.Wire;
using Npgsql;

namespace DurableTask.PostgreSql.Instances;

// Taking instances for a step, and giving them back without one.
internal sealed class InstanceStore(NpgsqlDataSource database, string worker)
{
    // The inbox is the queue: whoever has a message is ready. Senders therefore lock nothing, and no wake-up can be lost between "read" and "done".
    private const string Claim =
        """
        /* name: durable.claim_instances */
        with ready as (
            select i.instance_id
            from (select instance_id, min(id) as first from (select instance_id, id from durable.messages order by id limit $6) as head group by instance_id) as m
            join durable.instances as i using (instance_id)
            where i.parked_reason is null and i.finished_at is null and i.start_at <= $3
              and (i.lease_until is null or i.lease_until <= $3) and i.task_key = any ($2)
            order by m.first
            limit $5
            for no key update of i skip locked
        ), taken as (
            update durable.instances as i
            set worker = $1, lease_until = $4, epoch = i.epoch + 1, attempts = i.attempts + 1
            from ready where i.instance_id = ready.instance_id
            returning i.instance_id, i.execution_id, i.name, i.version, i.steps, i.epoch, i.attempts, i.updated_at, i.parent_instance_id, i.parent_execution, i.parent_task_id, i.parent_name, i.last_error
        )
        select taken.*, m.id, m.execution_id, m.event
        from taken join durable.messages as m using (instance_id)
        order by taken.instance_id, m.carried desc, m.id
        """;

    private const string LoadHistory = "/* name: durable.load_history */ select events from durable.history where instance_id = $1 order by step";

    private const string Release =
        """
        /* name: durable.release_instance */
        update durable.instances
        set worker = null, lease_until = $4, attempts = greatest(attempts - $5, 0), last_error = coalesce($6, last_error)
        where instance_id = $1 and epoch = $2 and worker = $3
        """;

    private const string Park =
        """
        /* name: durable.park_instance */
        update durable.instances set worker = null, lease_until = null, parked_reason = $4
        where instance_id = $1 and epoch = $2 and worker = $3
        """;

    private const string Extend =
        """
        /* name: durable.extend_instances */
        update durable.instances as i set lease_until = $4
        from unnest($1::text[], $2::bigint[]) as held (instance_id, epoch)
        where i.instance_id = held.instance_id and i.epoch = held.epoch and i.worker = $3
        """;

    private const string Unknown =
        """
        /* name: durable.unknown_instances */
        select distinct i.task_key
        from durable.messages as m join durable.instances as i using (instance_id)
        where i.finished_at is null and i.start_at <= $2 and i.task_key <> all ($1)
        order by i.task_key limit 20
        """;

    private const int Window = 512;
    private static readonly TimeSpan BetweenFullLooks = TimeSpan.FromMilliseconds(100);
    private DateTimeOffset lookedAtAll;

    public async Task<IReadOnlyList<ClaimedInstance>> ClaimAsync(string[] taskKeys, int limit, DateTimeOffset now, TimeSpan lease, CancellationToken cancellation)
    {
        // The head of the queue is cheap to look at. It may be full of what cannot be taken now (parked, unknown here), so all of it is looked at too, but not at every wake-up.
        var claimed = await ClaimAsync(taskKeys, limit, now, lease, Window, cancellation);
        if (claimed.Count > 0 || now - lookedAtAll < BetweenFullLooks)
        {
            return claimed;
        }

        lookedAtAll = now;
        return await ClaimAsync(taskKeys, limit, now, lease, int.MaxValue, cancellation);
    }

    public async Task<List<HistoryEvent>> HistoryAsync(string instanceId)
    {
        await using var command = database.CreateCommand(LoadHistory);
        command.Parameters.Text(instanceId);
        await using var reader = await command.ExecuteReaderAsync();
        List<HistoryEvent> events = [];
        while (await reader.ReadAsync())
        {
            events.AddRange(HistoryChunk.Parser.ParseFrom(reader.GetFieldValue<byte[]>(0)).Events);
        }

        return events;
    }

    public async Task ReleaseAsync(ClaimedInstance instance, DateTimeOffset? notBefore, string? error)
    {
        await using var command = database.CreateCommand(Release);
        command.Parameters.Text(instance.InstanceId).Long(instance.Epoch).Text(worker).Time(notBefore).Int(error is null ? 1 : 0).Text(error);
        await command.ExecuteNonQueryAsync();
    }

    public async Task ParkAsync(ClaimedInstance instance, string reason)
    {
        await using var command = database.CreateCommand(Park);
        command.Parameters.Text(instance.InstanceId).Long(instance.Epoch).Text(worker).Text(reason);
        await command.ExecuteNonQueryAsync();
    }

    public async Task ExtendAsync(IReadOnlyCollection<ClaimedInstance> held, DateTimeOffset until, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(Extend);
        command.Parameters.Texts(held.Select(one => one.InstanceId)).Longs(held.Select(one => one.Epoch)).Text(worker).Time(until);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public async Task<IReadOnlyList<string>> UnknownAsync(string[] taskKeys, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(Unknown);
        command.Parameters.Texts(taskKeys).Time(now);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        List<string> keys = [];
        while (await reader.ReadAsync(cancellation))
        {
            keys.Add(reader.GetString(0));
        }

        return keys;
    }

    private async Task<IReadOnlyList<ClaimedInstance>> ClaimAsync(string[] taskKeys, int limit, DateTimeOffset now, TimeSpan lease, int window, CancellationToken cancellation) =>
        await RelaxedCommit.ReadAsync<ClaimedInstance>(
            database,
            Claim,
            parameters => parameters.Text(worker).Texts(taskKeys).Time(now).Time(now + lease).Int(limit).Int(window),
            (reader, claimed) =>
            {
                if (claimed.Count == 0 || claimed[^1].InstanceId != reader.GetString(0))
                {
                    claimed.Add(Instance(reader));
                }

                claimed[^1].Messages.Add((reader.GetInt64(13), reader.TextOrNull(14), HistoryEvent.Parser.ParseFrom(reader.GetFieldValue<byte[]>(15))));
            },
            cancellation);

    private static ClaimedInstance Instance(NpgsqlDataReader reader) => new(
        reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.TextOrNull(3), reader.GetInt32(4), reader.GetInt64(5), reader.GetInt32(6),
        reader.GetFieldValue<DateTimeOffset>(7),
        reader.IsDBNull(8) ? null : new ParentLink(reader.GetString(8), reader.GetString(9), reader.GetInt32(10), reader.GetString(11)),
        reader.TextOrNull(12));
}
