using DurableTask.PostgreSql.Instances;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Hub;
using Google.Protobuf;
using Npgsql;

namespace DurableTask.PostgreSql.Activities;

// Activities as work: taken under a lease, kept by heartbeats, ended by the step that has the result, or by exchanging the row for mail to the instance.
internal sealed class ActivityStore(HubDatabase database, string worker)
{
    private const string Claim =
        """
        /* name: durable.claim_activities */
        with ready as (
            select instance_id, execution_id, task_id from durable.activities
            where ready_at <= $3 and parked_reason is null and lower(name) = any ($2)
            order by ready_at
            limit $5
            for no key update skip locked
        )
        update durable.activities as a
        set worker = $1, ready_at = $4, epoch = a.epoch + 1, attempts = a.attempts + 1
        from ready
        where a.instance_id = any (array(select instance_id from ready)) and a.instance_id = ready.instance_id and a.execution_id = ready.execution_id and a.task_id = ready.task_id
        returning a.instance_id, a.execution_id, a.task_id, a.name, a.input, a.epoch, a.attempts, a.trace
        """;

    // The step that has the results is refused when one of them is no longer ours to give.
    private const string TakeHeld =
        """
        /* name: durable.take_activities */
        with results as (
            select r.* from unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) as r (instance_id, execution_id, task_id, epoch)
            join durable.instances as i using (instance_id) where i.xmin = pg_current_xact_id()::xid
        ), taken as (
            delete from durable.activities as a using results as r
            where a.instance_id = any ($1) and a.instance_id = r.instance_id and a.execution_id = r.execution_id and a.task_id = r.task_id and a.epoch = r.epoch and a.worker = $5
            returning 1
        )
        select durable.fence(case when (select count(*) from taken) = (select count(*) from results) then 1 else 0 end)
        """;

    private const string TakeAny =
        """
        /* name: durable.drop_activities */
        delete from durable.activities as a using unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) as r (instance_id, execution_id, task_id, epoch)
        where a.instance_id = any ($1) and a.instance_id = r.instance_id and a.execution_id = r.execution_id and a.task_id = r.task_id and a.epoch = r.epoch and a.worker = $5
        """;

    // A finished instance, or one that has continued as new, no longer wants the result; the row goes all the same.
    private const string Complete =
        """
        /* name: durable.complete_activities */
        with results as (
            select * from unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $6::bytea[]) as r (instance_id, execution_id, task_id, epoch, event)
        ), done as (
            delete from durable.activities as a using results as r
            where a.instance_id = any ($1) and a.instance_id = r.instance_id and a.execution_id = r.execution_id and a.task_id = r.task_id and a.epoch = r.epoch and a.worker = $5
            returning r.instance_id, r.execution_id, r.task_id, r.event
        ), told as (
            insert into durable.messages (instance_id, execution_id, visible_at, event)
            select done.instance_id, done.execution_id, $7, done.event
            from done join durable.instances as i using (instance_id, execution_id)
            where i.finished_at is null
        )
        select instance_id, execution_id, task_id from done
        """;

    private const string Extend =
        """
        /* name: durable.extend_activities */
        update durable.activities as a set ready_at = $6
        from unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) as r (instance_id, execution_id, task_id, epoch)
        where a.instance_id = any ($1) and a.instance_id = r.instance_id and a.execution_id = r.execution_id and a.task_id = r.task_id and a.epoch = r.epoch and a.worker = $5
        returning a.instance_id, a.execution_id, a.task_id, a.epoch
        """;

    private const string Release =
        """
        /* name: durable.release_activities */
        update durable.activities as a set worker = null, ready_at = $6, attempts = greatest(a.attempts - $7, 0)
        from unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) as r (instance_id, execution_id, task_id, epoch)
        where a.instance_id = any ($1) and a.instance_id = r.instance_id and a.execution_id = r.execution_id and a.task_id = r.task_id and a.epoch = r.epoch and a.worker = $5
        """;

    private const string Park =
        """
        /* name: durable.park_activity */
        update durable.activities set worker = null, ready_at = 'infinity', parked_reason = $6
        where instance_id = $1 and execution_id = $2 and task_id = $3 and epoch = $4 and worker = $5
        """;

    private const string Unknown =
        """
        /* name: durable.unknown_activities */
        select distinct lower(name) from durable.activities where ready_at <= $2 and lower(name) <> all ($1) order by 1 limit 20
        """;

    // Part of a batch that also says what becomes of the results.
    public static void Take(NpgsqlBatch batch, string worker, IEnumerable<ActivityClaim> ended, bool mustHold)
    {
        ActivityClaim[] claims = [.. ended];
        if (claims.Length > 0)
        {
            batch.Named(mustHold ? TakeHeld : TakeAny).Parameters.Claims(claims).Text(worker);
        }
    }

    public Task<List<ActivityClaim>> ClaimAsync(string[] names, int limit, DateTimeOffset now, TimeSpan lease, CancellationToken cancellation) =>
        database.ListAsync(
            batch => batch.Named(Claim).Parameters.Text(worker).Texts(names).Time(now).Time(now + lease).Int(limit),
            reader => new ActivityClaim(Key(reader), reader.GetString(3), reader.TextOrNull(4), reader.GetInt64(5), reader.GetInt32(6), reader.IsDBNull(7) ? null : reader.GetFieldValue<byte[]>(7)),
            cancellation);

    // Says of each whether it was still ours.
    public async Task<IReadOnlyList<bool>> CompleteAsync(IReadOnlyList<ActivityResult> results, DateTimeOffset now)
    {
        var done = (await database.ListAsync(
            batch => batch.Named(Complete).Parameters.Claims(results.Select(one => one.Activity)).Text(worker).ManyBytes(results.Select(one => one.Event.ToByteArray())).Time(now),
            Key)).ToHashSet();
        return [.. results.Select(one => done.Contains(one.Activity.Key))];
    }

    // Returns those that are still ours.
    public async Task<HashSet<(ActivityKey Key, long Epoch)>> ExtendAsync(IReadOnlyCollection<ActivityClaim> held, DateTimeOffset until, CancellationToken cancellation) =>
        [.. await database.ListAsync(batch => batch.Named(Extend).Parameters.Claims(held).Text(worker).Time(until), reader => (Key(reader), reader.GetInt64(3)), cancellation)];

    // Others may have a place.
    public Task ReleaseAsync(IReadOnlyCollection<ActivityClaim> claims, DateTimeOffset notBefore, bool countAttempt) => database.ExecuteAsync(batch =>
    {
        batch.Named(Release).Parameters.Claims(claims).Text(worker).Time(notBefore).Int(countAttempt ? 0 : 1);
        batch.Named(Wakeups.Notify);
    });

    public Task ParkAsync(ActivityClaim claim, string reason) => database.ExecuteAsync(batch =>
        batch.Named(Park).Parameters.Text(claim.Key.InstanceId).Text(claim.Key.ExecutionId).Int(claim.Key.TaskId).Long(claim.Epoch).Text(worker).Text(reason));

    public Task<List<string>> UnknownAsync(string[] names, DateTimeOffset now, CancellationToken cancellation) =>
        database.ListAsync(batch => batch.Named(Unknown).Parameters.Texts(names).Time(now), reader => reader.GetString(0), cancellation);

    private static ActivityKey Key(NpgsqlDataReader reader) => new(reader.GetString(0), reader.GetString(1), reader.GetInt32(2));
}

internal static class ActivityParameters
{
    public static NpgsqlParameterCollection Claims(this NpgsqlParameterCollection parameters, IEnumerable<ActivityClaim> claims)
    {
        ActivityClaim[] all = [.. claims];
        return parameters.Texts(all.Select(one => one.Key.InstanceId)).Texts(all.Select(one => one.Key.ExecutionId)).Ints(all.Select(one => one.Key.TaskId)).Longs(all.Select(one => one.Epoch));
    }
}
