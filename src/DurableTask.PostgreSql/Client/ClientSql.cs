namespace DurableTask.PostgreSql.Client;

internal static class ClientSql
{
    // A later start is a timer that delivers the first message.
    public const string StartInstance =
        """
        /* name: durable.start_instance */
        with created as (
            insert into durable.instances (instance_id, execution_id, name, version, status, input, created_at, updated_at, start_at, tags)
            values ($1, $2, $3, $4, 'PENDING', $5, $6, $6, $7, $9::jsonb)
            on conflict (instance_id) do nothing
            returning instance_id, execution_id, start_at > $6 as later
        ), timed as (
            insert into durable.timers (instance_id, execution_id, task_id, fire_at, event)
            select instance_id, execution_id, -1, $7, $8 from created where later
        )
        insert into durable.messages (instance_id, execution_id, visible_at, event) select instance_id, execution_id, $6, $8 from created where not later
        """;

    // Before the start that takes its place; everything that belongs to an instance goes with its row.
    public const string MakeRoom =
        "/* name: durable.make_room */ delete from durable.instances where instance_id = $1 and finished_at is not null and status = any ($2)";

    // Locked against the step that may finish it at this moment: an event to a finished instance is refused. One that is stored before the end and that no step takes in any more goes
    // with the instance's inbox.
    public const string RaiseEvent =
        """
        /* name: durable.raise_event */
        with target as (
            select instance_id, status, finished_at from durable.instances where instance_id = $1 for share
        ), sent as (
            insert into durable.messages (instance_id, visible_at, event) select instance_id, $3, $2 from target where finished_at is null
        )
        select status, finished_at is not null from target
        """;

    // Takes hold of the instance whether it changes it or not: steps do so before they touch the inbox, and two who do it in different order wait for each other.
    private const string Unpark =
        """
        /* name: durable.unpark */
        update durable.instances set parked_reason = null, start_at = case when $3 then least(start_at, $2) else start_at end
        where instance_id = (select instance_id from durable.instances where instance_id = $1 for no key update) and (parked_reason is not null or ($3 and start_at > $2))
        """;

    // After unpark: a worker that puts mail aside at this moment was waited for there, and what it has put aside is seen here. What it still holds has its attempts anew as well.
    private const string TakeUpAgain =
        """
        /* name: durable.take_up_again */
        with work as (
            update durable.activities set parked_reason = null, attempts = 0, ready_at = $2 where instance_id = $1 and parked_reason is not null
        )
        update durable.messages set attempts = 0, visible_at = case when $3 or visible_at = 'infinity' then $2 else visible_at end
        where instance_id = $1
        """;

    public static readonly string[] TakeUp = [Unpark, TakeUpAgain];

    public const string GetInstance =
        $"""
        /* name: durable.get_instance */
        select {Columns}
        from durable.instances as i
        where i.instance_id = $1
        """;

    // Newest first; a page begins where the one before ended.
    public const string ListInstances =
        $"""
        /* name: durable.list_instances */
        select * from (
            select {Columns}
            from durable.instances as i
            where ($1::timestamptz is null or i.created_at >= $1) and ($3::timestamptz is null or i.created_at <= $3)
              and ($4::timestamptz is null or (i.created_at, i.instance_id) < ($4, $5))
              and (cardinality($6::text[]) = 0 or i.status = any ($6)) and starts_with(i.instance_id, $7)
        ) as found
        where not $8 or parked_reason is not null
        order by created_at desc, instance_id desc
        limit $9
        """;

    public const string GetHistory =
        """
        /* name: durable.get_history */
        select h.events from durable.instances as i left join durable.history as h using (instance_id) where i.instance_id = $1 order by h.step
        """;

    private const string Columns =
        """
        i.instance_id, i.name, i.version, i.status, i.created_at, i.updated_at, i.parent_instance_id, i.failure, i.tags,
        coalesce(i.parked_reason, (select a.parked_reason from durable.activities as a where a.instance_id = i.instance_id and a.parked_reason is not null limit 1)) as parked_reason,
        case when $2 then i.input end, case when $2 then i.output end, case when $2 then i.custom_status end
        """;
}
