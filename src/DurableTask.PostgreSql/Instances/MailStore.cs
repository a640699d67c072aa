using DurableTask.PostgreSql.Activities;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Hub;
using Google.Protobuf;
using Npgsql;

namespace DurableTask.PostgreSql.Instances;

// The inboxes of all instances, as one queue: whoever has mail is ready. Whoever claims it locks no instance, and no wake-up can be lost.
internal sealed class MailStore(HubDatabase database, string worker)
{
    // Whoever made an instance's last step has it in memory, and is let go first.
    public static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(50);

    private const string Claim =
        """
        /* name: durable.claim_mail */
        with ready as (
            select m.ctid
            from durable.messages as m cross join lateral (
                select from durable.instances as i
                where i.instance_id = m.instance_id and i.parked_reason is null and (i.task_key = any ($5) or i.finished_at is not null) and (i.worker is null or i.worker = $1 or m.visible_at <= $4)
                offset 0) as known
            where m.visible_at <= $2
            order by m.visible_at, m.id
            limit $6
            for update of m skip locked
        )
        update durable.messages as m
        set worker = $1, visible_at = $3, attempts = attempts + 1
        where m.ctid = any (array(select ctid from ready))
        returning m.instance_id, m.id, m.execution_id, m.carried, m.event, m.attempts, m.last_error
        """;

    // What is put aside for as long as its instance is parked may be taken at once, by the next look, when somebody has resumed it meanwhile: locked, as in unpark, since nobody would look for it afterwards.
    private const string PutBack =
        """
        /* name: durable.put_back_mail */
        with parked as (
            select from durable.instances where instance_id = $5 and parked_reason is not null for share
        )
        update durable.messages
        set worker = null, visible_at = case when $2::timestamptz < 'infinity' or exists (select from parked) then $2 else $6::timestamptz end, attempts = greatest(attempts - $3, 0), last_error = coalesce($4, last_error)
        where id = any ($1)
        """;

    // As in raise_event: locked against the step that may finish the instance at this moment.
    private const string Store =
        """
        /* name: durable.store_mail */
        insert into durable.messages (instance_id, execution_id, visible_at, event, last_error)
        select i.instance_id, mail.execution_id, case when $4::timestamptz < 'infinity' or i.parked_reason is not null then $4 else $6::timestamptz end, mail.event, $5
        from unnest($2::text[], $3::bytea[]) with ordinality as mail (execution_id, event, place)
        join (select instance_id, parked_reason from durable.instances where instance_id = $1 and finished_at is null for share) as i on true
        order by mail.place
        """;

    private const string UnderWay = "/* name: durable.is_under_way */ select from durable.instances where instance_id = $1 and execution_id = $2 and finished_at is null";

    private const string Drop = "/* name: durable.drop_mail */ delete from durable.messages where id = any ($1)";

    private const string Park = "/* name: durable.park_instance */ update durable.instances set parked_reason = $2 where instance_id = $1 and finished_at is null";

    private const string GiveBackAll =
        "/* name: durable.give_back_mail */ update durable.messages set worker = null, visible_at = $2, attempts = greatest(attempts - 1, 0) where worker = $1 and visible_at > $2 and visible_at < 'infinity'";

    private const string Unknown =
        """
        /* name: durable.unknown_instances */
        select distinct unknown.task_key
        from durable.messages as m cross join lateral (
            select i.task_key from durable.instances as i where i.instance_id = m.instance_id and i.finished_at is null and i.task_key <> all ($1) offset 0) as unknown
        where m.visible_at <= $2
        order by unknown.task_key limit 20
        """;

    public Task<List<(string InstanceId, StoredMail Mail)>> ClaimAsync(string[] taskKeys, int limit, DateTimeOffset now, TimeSpan lease, CancellationToken cancellation) =>
        database.ListAsync(
            batch => batch.Named(Claim).Parameters.Text(worker).Time(now).Time(now + lease).Time(now - HeadStart).Texts(taskKeys).Int(limit),
            reader => (reader.GetString(0), StoredMail.Read(reader)),
            cancellation);

    // What cannot be taken in now goes (back) to the inbox, whatever kind it is. Afterwards nothing of it is in memory only.
    public async Task PutBackAsync(string instanceId, IReadOnlyList<Mail> mail, DateTimeOffset notBefore, bool countAttempt, string? error, DateTimeOffset now)
    {
        var stored = mail.OfType<StoredMail>().Select(one => one.Id).ToArray();
        var fresh = mail.Where(one => one is not StoredMail).ToList();
        await database.ExecuteAsync(batch =>
        {
            // The instance first, as steps do.
            if (fresh.Count > 0)
            {
                batch.Named(Store).Parameters
                    .Text(instanceId).Texts(fresh.Select(one => one.ExecutionId)).ManyBytes(fresh.Select(one => one.Event.ToByteArray())).Time(notBefore).Text(error).Time(now);
                ActivityStore.Take(batch, worker, fresh.OfType<ActivityResult>().Select(one => one.Activity), mustHold: false);
            }

            batch.Named(PutBack).Parameters.Longs(stored).Time(notBefore).Int(countAttempt ? 0 : 1).Text(error).Text(instanceId).Time(now);
        });
    }

    public async Task<bool> IsUnderWayAsync(string instanceId, string executionId) =>
        (await database.ListAsync(batch => batch.Named(UnderWay).Parameters.Text(instanceId).Text(executionId), _ => true)).Count > 0;

    public Task DropAsync(IReadOnlyList<Mail> mail) => database.ExecuteAsync(batch =>
    {
        batch.Named(Drop).Parameters.Longs(mail.OfType<StoredMail>().Select(one => one.Id));
        ActivityStore.Take(batch, worker, mail.OfType<ActivityResult>().Select(one => one.Activity), mustHold: false);
    });

    public Task ParkAsync(string instanceId, string reason) => database.ExecuteAsync(batch => batch.Named(Park).Parameters.Text(instanceId).Text(reason));

    // When the worker stops.
    public Task GiveBackAllAsync(DateTimeOffset now) => database.ExecuteAsync(batch =>
    {
        batch.Named(GiveBackAll).Parameters.Text(worker).Time(now);
        batch.Named(Wakeups.Notify);
    });

    public Task<List<string>> UnknownAsync(string[] taskKeys, DateTimeOffset now, CancellationToken cancellation) =>
        database.ListAsync(batch => batch.Named(Unknown).Parameters.Texts(taskKeys).Time(now), reader => reader.GetString(0), cancellation);
}
