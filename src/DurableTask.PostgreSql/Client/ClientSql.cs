namespace DurableTask.PostgreSql.Client;

internal static class ClientSql
{
    // A later start is a timer that delivers the first message.
    public const string StartInstance =
        """
        /* name: durable.start_instance */
        with created as (
            insert into durable.instances (instance_id, execution_id, name, version, status, input, created_at, updated_at, start_at)
            values ($1, $2, $3, $4, 'PENDING', $5, $6, $6, $7)
            on conflict (instance_id) do nothing
            returning instance_id, execution_id, start_at > $6 as later
        ), timed as (
            insert into durable.timers (instance_id, execution_id, task_id, fire_at, event)
            select instance_id, execution_id, -1, $7, $8 from created where later
        )
        insert into durable.messages (instance_id, event) select instance_id, $8 from created where not later
        """;

    // Locked against the step that may finish it at this moment: an event is either taken in or refused, never silently lost in between.
    public const string RaiseEvent =
        """
        /* name: durable.raise_event */
        with target as (
            select instance_id, status, finished_at from durable.instances where instance_id = $1 for share
        ), sent as (
            insert into durable.messages (instance_id, event) select instance_id, $2 from target where finished_at is null
        )
        select status, finished_at is not null from target
        """;

    public const string Unpark =
        """
        /* name: durable.unpark */
        with work as (
            update durable.activities set parked_reason = null, attempts = 0 where instance_id = $1 and parked_reason is not null
        )
        update durable.instances set parked_reason = null, attempts = 0, start_at = case when $3 then least(start_at, $2) else start_at end
        where instance_id = $1 and (parked_reason is not null or ($3 and start_at > $2))
        """;

    public const string GetInstance =
        """
        /* name: durable.get_instance */
        select i.instance_id, i.name, i.version, i.status, i.created_at, i.updated_at, i.parent_instance_id, i.failure,
               coalesce(i.parked_reason, (select a.parked_reason from durable.activities as a where a.instance_id = i.instance_id and a.parked_reason is not null limit 1)),
               case when $2 then i.input end, case when $2 then i.output end, case when $2 then i.custom_status end
        from durable.instances as i
        where i.instance_id = $1
        """;

    public const string ListInstances =
        """
        /* name: durable.list_instances */
        select * from (
            select i.instance_id, i.name, i.version, i.status, i.created_at, i.updated_at, i.parent_instance_id, i.failure,
                   coalesce(i.parked_reason, (select a.parked_reason from durable.activities as a where a.instance_id = i.instance_id and a.parked_reason is not null limit 1)) as parked,
                   case when $1 then i.input end, case when $1 then i.output end, case when $1 then i.custom_status end
            from durable.instances as i
            where (cardinality($2::text[]) = 0 or i.status = any ($2)) and starts_with(i.instance_id, $3)
        ) as found
        where not $4 or parked is not null
        order by created_at desc, instance_id
        limit $5
        """;

    public const string PurgeInstance = "/* name: durable.purge_instance */ delete from durable.instances where instance_id = $1 and finished_at is not null";
}
