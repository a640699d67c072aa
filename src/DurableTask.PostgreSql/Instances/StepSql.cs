namespace DurableTask.PostgreSql.Instances;

// The statements of a step, in the order in which they run.
internal static class StepSql
{
    public const string CommitStep =
        """
        /* name: durable.commit_step */
        with step as (
            update durable.instances
            set status = $5, version = $6, custom_status = $7, output = $8, failure = $9, updated_at = $10::timestamptz,
                finished_at = case when $11 then $10::timestamptz end,
                execution_id = coalesce($12, execution_id),
                steps = case when $12 is null then steps + 1 else 0 end,
                input = case when $12 is null then input else $13 end,
                worker = null, lease_until = null, attempts = 0, last_error = null
            where instance_id = $1 and epoch = $2 and worker = $3 and steps = $4 and finished_at is null
            returning 1
        )
        select durable.fence(count(*)) from step
        """;

    // The claim read instance and messages in one snapshot, but a row that changed meanwhile is taken as it is now: then the messages may be consumed already.
    public const string TakeMessages =
        """
        /* name: durable.take_messages */
        with taken as (delete from durable.messages where id = any ($1) returning 1)
        select durable.fence(case when count(*) = cardinality($1::bigint[]) then 1 else 0 end) from taken
        """;

    public const string AppendHistory = "/* name: durable.append_history */ insert into durable.history (instance_id, step, events) values ($1, $2, $3)";

    public const string ForgetHistory =
        """
        /* name: durable.forget_history */
        with timers as (delete from durable.timers where instance_id = $1)
        delete from durable.history where instance_id = $1
        """;

    public const string CarryOver =
        """
        /* name: durable.carry_over */
        insert into durable.messages (instance_id, carried, event)
        select $1, true, event from unnest($2::bytea[]) with ordinality as carried (event, place) order by place
        """;

    public const string AddActivities =
        """
        /* name: durable.add_activities */
        insert into durable.activities (instance_id, execution_id, task_id, name, input)
        select $1, $2, task_id, name, input from unnest($3::int[], $4::text[], $5::text[]) as call (task_id, name, input)
        """;

    public const string AddTimers =
        """
        /* name: durable.add_timers */
        insert into durable.timers (instance_id, execution_id, task_id, fire_at, event)
        select $1, $2, task_id, fire_at, event from unnest($3::int[], $4::timestamptz[], $5::bytea[]) as timer (task_id, fire_at, event)
        """;

    // As in Durable Functions, a finished instance makes room for a child of the same id: that is how a failed child is tried again.
    public const string ReplaceFinishedChildren =
        "/* name: durable.replace_finished_children */ delete from durable.instances where instance_id = any ($1) and finished_at is not null";

    public const string StartChildren =
        """
        /* name: durable.start_children */
        with wanted as (
            select * from unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $10::bytea[], $11::bytea[]) as w (task_id, instance_id, execution_id, name, version, input, started, refused)
        ), created as (
            insert into durable.instances (instance_id, execution_id, name, version, status, input, parent_instance_id, parent_execution, parent_task_id, parent_name, created_at, updated_at, start_at)
            select instance_id, execution_id, name, version, 'PENDING', input, $1, $2, task_id, $12, $9, $9, $9 from wanted
            on conflict (instance_id) do nothing
            returning instance_id, execution_id
        )
        insert into durable.messages (instance_id, execution_id, event)
        select case when c.instance_id is null then $1 else w.instance_id end,
               case when c.instance_id is null then $2 end,
               case when c.instance_id is null then w.refused else w.started end
        from wanted as w left join created as c on c.instance_id = w.instance_id and c.execution_id = w.execution_id
        """;

    public const string SendMessages =
        """
        /* name: durable.send_messages */
        insert into durable.messages (instance_id, execution_id, event)
        select m.instance_id, m.execution_id, m.event
        from unnest($1::text[], $2::text[], $3::bytea[]) with ordinality as m (instance_id, execution_id, event, place)
        join durable.instances as i on i.instance_id = m.instance_id and i.finished_at is null
        order by m.place
        """;

    public const string DropInbox = "/* name: durable.drop_inbox */ delete from durable.messages where instance_id = $1";

    public const string DropTimers = "/* name: durable.drop_timers */ delete from durable.timers where instance_id = $1";

    public const string DropWaitingActivities = "/* name: durable.drop_waiting_activities */ delete from durable.activities where instance_id = $1 and worker is null";

    public const string TerminateChildren =
        """
        /* name: durable.terminate_children */
        insert into durable.messages (instance_id, event)
        select instance_id, $2 from durable.instances where parent_instance_id = $1 and finished_at is null
        """;
}
