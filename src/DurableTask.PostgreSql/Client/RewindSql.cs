namespace DurableTask.PostgreSql.Client;

// The statements of a rewind, in the order in which they run, all in one transaction.
internal static class RewindSql
{
    public const string Lock =
        """
        /* name: durable.lock_failed */
        select status, execution_id from durable.instances where instance_id = $1 for no key update
        """;

    public const string Steps = "/* name: durable.failed_history */ select events from durable.history where instance_id = $1 order by step";

    // Emptied and not deleted, and one more added: the number of steps never goes back, since it is the fence against whoever still holds this instance from before.
    public const string ForgetSteps =
        """
        /* name: durable.forget_steps */
        with emptied as (update durable.history set events = '' where instance_id = $1 and step >= $2)
        insert into durable.history (instance_id, step, events) select instance_id, steps, '' from durable.instances where instance_id = $1
        """;

    public const string ChangeStep = "/* name: durable.change_step */ update durable.history set events = $3 where instance_id = $1 and step = $2";

    public const string GoOn =
        """
        /* name: durable.rewind_instance */
        update durable.instances
        set status = 'RUNNING', output = null, failure = null, finished_at = null, updated_at = greatest(updated_at, $2), steps = steps + 1,
            worker = null, parked_reason = null
        where instance_id = $1
        """;

    public const string TakeInAgain =
        """
        /* name: durable.take_in_again */
        insert into durable.messages (instance_id, visible_at, event) select $1, $3, event from unnest($2::bytea[]) with ordinality as again (event, place) order by place
        """;

    // What a forgotten step called is called again under the same number, if at all. Whoever runs it still is refused.
    public const string ForgetCalls = "/* name: durable.forget_calls */ delete from durable.activities where instance_id = $1 and execution_id = $2 and task_id <> all ($3)";

    // A run that has not ended since is still there; it is given new attempts. One that is under way is left to whoever has it.
    public const string RunAgain =
        """
        /* name: durable.run_again */
        insert into durable.activities (instance_id, execution_id, task_id, name, input, ready_at, trace) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (instance_id, execution_id, task_id) do update set parked_reason = null, attempts = 0, ready_at = case when activities.worker is null then $6 else activities.ready_at end
        """;

    public const string WaitAgain =
        """
        /* name: durable.wait_again */
        insert into durable.timers (instance_id, execution_id, task_id, fire_at, event) values ($1, $2, $3, $4, $5) on conflict do nothing
        """;

    public const string Child = "/* name: durable.child_of_failed */ select status, output from durable.instances where instance_id = $1 and parent_instance_id = $2";
}
