using System.Text.RegularExpressions;

namespace DurableTask.PostgreSql.Instances;

// The statements that make steps true, in the order in which they run. The first two hold the fence: a step whose instance has moved on changes no row there. What nearly every
// step does rides along in them: its history, its first call, the first result it takes in, its end. The others join what they write to the rows that this very transaction
// has written (xmin), so a refused step drops out and takes nobody along. A child may take the place of an instance in the same transaction: what comes after the children
// looks at the generation as well.
internal static class StepSql
{
    // The rest of a step is looked up by its place in the arrays: to unfold many arrays into a table costs more. An insert returns only what it inserts, so its rows are placed once more.
    public const string CreateInstances =
        """
        /* name: durable.create_instances */
        with created as (
            insert into durable.instances (instance_id, execution_id, name, version, status, input, custom_status, output, failure, steps, worker, created_at, updated_at, start_at, finished_at)
            select instance_id, ($2::text[])[place], ($3::text[])[place], ($4::text[])[place], ($5::text[])[place], ($6::text[])[place], ($7::text[])[place], ($8::text[])[place],
                   ($9::text[])[place], ($10::int[])[place], $13, at, at, at, case when ($12::boolean[])[place] then at end
            from unnest($1::text[], $11::timestamptz[]) with ordinality as s (instance_id, at, place)
            on conflict (instance_id) do nothing
            returning instance_id
        ), placed as materialized (
            select instance_id, array_position($1::text[], instance_id) as place from created
        ), steps as not materialized (
            select instance_id, ($21::text[])[place] as caller, ($14::bytea[])[place] as events, ($15::int[])[place] as call, ($16::text[])[place] as call_name, ($17::text[])[place] as call_input,
                   ($18::boolean[])[place] as leased, ($22::bytea[])[place] as trace
            from placed
        ), history as (
            insert into durable.history (instance_id, step, events) select instance_id, 0, events from steps where events is not null
        ), called as (
            insert into durable.activities (instance_id, execution_id, task_id, name, input, worker, ready_at, epoch, attempts, trace)
            select instance_id, caller, call, call_name, call_input, case when leased then $13 end, case when leased then $19::timestamptz else $20::timestamptz end, leased::int, leased::int, trace
            from steps where call is not null
        )
        select instance_id from created
        """;

    // A row that is found by its place (ctid) is not compared again when somebody changes it meanwhile: an activity whose result is taken is locked while its holder is compared.
    // What is told first is heard first, whichever way it comes and whoever has claimed it: a step that would overtake something in the inbox is refused, and the next look brings
    // all that waits there. "offset 0" keeps that look to the inbox of the instance: for a step alone, all inboxes would seem as quick while they are empty.
    private const string MoveInstances =
        """
        /* name: durable.commit_steps */
        with steps as not materialized (
            select instance_id, place, ($6::text[])[place] as execution_id, ($7::int[])[place] as step, ($8::text[])[place] as status, ($9::text[])[place] as custom_status,
                   ($10::text[])[place] as output, ($11::text[])[place] as failure, ($12::timestamptz[])[place] as at, ($13::boolean[])[place] as finished,
                   ($14::text[])[place] as generation, ($15::text[])[place] as input, ($24::bigint[])[place] as until
            from unnest($5::text[]) with ordinality as s (instance_id, place)
        ), moved as (
            update durable.instances as i
            set status = s.status, custom_status = s.custom_status, output = s.output, failure = s.failure, updated_at = s.at, worker = $1,
                finished_at = case when s.finished then s.at end,
                execution_id = coalesce(s.generation, i.execution_id),
                steps = case when s.generation is null then i.steps + 1 else 0 end,
                input = case when s.generation is null then i.input else s.input end
            from steps as s
            where i.instance_id = s.instance_id and i.execution_id = s.execution_id and i.steps = s.step and i.finished_at is null
              and (s.until is null or not exists (
                  select from durable.messages as m
                  where m.instance_id = i.instance_id and (m.carried or m.id < s.until) and m.id <> all ($4::bigint[]) and m.visible_at < 'infinity' offset 0))
            returning i.instance_id, place
        ), made as not materialized (
            select instance_id, ($6::text[])[place] as execution_id, ($7::int[])[place] as step, ($13::boolean[])[place] as finished, ($16::bytea[])[place] as events,
                   ($17::int[])[place] as call, ($18::text[])[place] as call_name, ($19::text[])[place] as call_input, ($20::boolean[])[place] as leased,
                   ($21::text[])[place] as result_execution, ($22::int[])[place] as result, ($23::bigint[])[place] as result_epoch, ($25::bytea[])[place] as trace
            from moved
        ), history as (
            insert into durable.history (instance_id, step, events) select instance_id, step, events from made where events is not null
        ), called as (
            insert into durable.activities (instance_id, execution_id, task_id, name, input, worker, ready_at, epoch, attempts, trace)
            select instance_id, execution_id, call, call_name, call_input, case when leased then $1 end, case when leased then $2::timestamptz else $3::timestamptz end, leased::int, leased::int, trace
            from made where call is not null
        ), ended as (
            delete from durable.activities where ctid = any (array(
                select held.ctid from made as r cross join lateral (
                    select a.ctid from durable.activities as a
                    where a.instance_id = r.instance_id and a.execution_id = r.result_execution and a.task_id = r.result and a.epoch = r.result_epoch and a.worker = $1
                    for no key update) as held
                where r.result is not null)) returning 1
        ), timers as (
            delete from durable.timers where instance_id = any (array(select instance_id from made where finished))
        ), inbox as (
            delete from durable.messages where instance_id = any (array(select instance_id from made where finished)) and id <> all ($4::bigint[])
        )
        select instance_id, (select case when (select count(*) from ended) <> (select count(*) from made where result is not null) then durable.fence(0) end) from moved
        """;

    public static readonly MoveStatement Move = new(MoveInstances);

    // Where no step takes a result in or ends its instance: the server makes ready whatever a statement may do, and for a single step that takes as long as the step.
    public static readonly MoveStatement MoveOn = new($"{MoveInstances[..MoveInstances.IndexOf("), ended as (", StringComparison.Ordinal)]}) select instance_id from moved");

    // Only where a step changes the version of its instance: the server would make the task_key of every row again.
    public static readonly MoveStatement MoveToVersions = new(MoveInstances
        .Replace("set status = s.status", "set version = s.version, status = s.status", StringComparison.Ordinal)
        .Replace("as generation,", "as generation, ($26::text[])[place] as version,", StringComparison.Ordinal));

    // A message may come here twice, by a claim and by a load; the second time it is gone, and the step that has it must not be made. One that is put back or extended at this very moment
    // is not found either: the step is tried again. "offset 0" keeps the order: for each message one look into the index, however empty the inbox was when this was planned.
    public const string TakeMail =
        """
        /* name: durable.take_mail */
        with mail as (
            select m.* from unnest($1::text[], $2::bigint[]) as m (instance_id, id)
            join durable.instances as i using (instance_id) where i.xmin = pg_current_xact_id()::xid
        ), taken as (
            delete from durable.messages where ctid = any (array(
                select found.ctid from mail cross join lateral (select m.ctid from durable.messages as m where m.id = mail.id and m.instance_id = mail.instance_id offset 0) as found)) returning 1
        )
        select durable.fence(case when (select count(*) from taken) = (select count(*) from mail) then 1 else 0 end)
        """;

    public const string AddActivities =
        """
        /* name: durable.add_activities */
        insert into durable.activities (instance_id, execution_id, task_id, name, input, worker, ready_at, epoch, attempts, trace)
        select a.instance_id, a.execution_id, a.task_id, a.name, a.input, case when a.leased then $6 end, case when a.leased then $7::timestamptz else $8::timestamptz end, a.leased::int, a.leased::int, a.trace
        from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $9::boolean[], $10::bytea[]) as a (instance_id, execution_id, task_id, name, input, leased, trace)
        join durable.instances as i using (instance_id) where i.xmin = pg_current_xact_id()::xid
        """;

    public const string AddTimers =
        """
        /* name: durable.add_timers */
        insert into durable.timers (instance_id, execution_id, task_id, fire_at, event)
        select t.instance_id, t.execution_id, t.task_id, t.fire_at, t.event
        from unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[], $5::bytea[]) as t (instance_id, execution_id, task_id, fire_at, event)
        join durable.instances as i using (instance_id) where i.xmin = pg_current_xact_id()::xid
        """;

    // As in Durable Functions, a finished instance makes room for a child of the same id: that is how a failed child is tried again. One that ends in this very transaction does not, since
    // nobody has been told of it yet.
    public const string ReplaceFinishedChildren =
        """
        /* name: durable.replace_finished_children */
        delete from durable.instances as old
        using unnest($1::text[], $2::text[]) as c (parent_id, child_id), durable.instances as p
        where p.instance_id = c.parent_id and p.xmin = pg_current_xact_id()::xid and old.instance_id = c.child_id and old.finished_at is not null
          and old.xmin <> pg_current_xact_id()::xid
        """;

    public const string StartChildren =
        """
        /* name: durable.start_children */
        with wanted as (
            select w.* from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bytea[], $11::bytea[], $12::timestamptz[])
                as w (parent_id, parent_execution, task_id, parent_name, child_id, execution_id, name, version, input, started, refused, at)
            join durable.instances as i on i.instance_id = w.parent_id where i.xmin = pg_current_xact_id()::xid
        ), created as (
            insert into durable.instances (instance_id, execution_id, name, version, status, input, parent_instance_id, parent_execution, parent_task_id, parent_name, worker, created_at, updated_at, start_at)
            select child_id, execution_id, name, version, 'PENDING', input, parent_id, parent_execution, task_id, parent_name, $13, at, at, at from wanted
            on conflict (instance_id) do nothing
            returning instance_id, execution_id
        )
        insert into durable.messages (instance_id, execution_id, visible_at, event)
        select case when c.instance_id is null then w.parent_id else w.child_id end,
               case when c.instance_id is null then w.parent_execution else w.execution_id end,
               w.at,
               case when c.instance_id is null then w.refused else w.started end
        from wanted as w left join created as c on c.instance_id = w.child_id and c.execution_id = w.execution_id
        """;

    public const string SendMail =
        """
        /* name: durable.send_mail */
        insert into durable.messages (instance_id, execution_id, visible_at, event)
        select m.instance_id, m.execution_id, m.at, m.event
        from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::timestamptz[], $6::text[]) with ordinality as m (sender_id, instance_id, execution_id, event, at, sender_execution, place)
        join durable.instances as s on s.instance_id = m.sender_id and s.execution_id = m.sender_execution and s.xmin = pg_current_xact_id()::xid
        join durable.instances as i on i.instance_id = m.instance_id and i.finished_at is null
        order by m.place
        """;

    public const string ForgetHistory =
        """
        /* name: durable.forget_history */
        with begun as (
            select instance_id from durable.instances where instance_id = any ($1) and xmin = pg_current_xact_id()::xid
        ), timers as (
            delete from durable.timers where instance_id in (select instance_id from begun)
        )
        delete from durable.history where instance_id in (select instance_id from begun)
        """;

    public const string CarryOver =
        """
        /* name: durable.carry_over */
        insert into durable.messages (instance_id, carried, visible_at, event)
        select m.instance_id, true, m.at, m.event
        from unnest($1::text[], $2::bytea[], $3::timestamptz[]) with ordinality as m (instance_id, event, at, place)
        join durable.instances as i using (instance_id) where i.xmin = pg_current_xact_id()::xid
        order by m.place
        """;

    public const string TerminateChildren =
        """
        /* name: durable.terminate_children */
        with ended as (
            select t.* from unnest($1::text[], $2::bytea[], $3::timestamptz[], $4::text[]) as t (instance_id, told, at, execution_id)
            join durable.instances as i using (instance_id, execution_id) where i.xmin = pg_current_xact_id()::xid
        ), waiting as (
            delete from durable.activities where worker is null and instance_id in (select instance_id from ended)
        )
        insert into durable.messages (instance_id, visible_at, event)
        select c.instance_id, ended.at, ended.told
        from ended join durable.instances as c on c.parent_instance_id = ended.instance_id and c.finished_at is null
        where ended.told is not null
        """;
}

// A step that is committed alone, as when one person decides, needs no arrays: it says its values. What is left out took a tenth of the time.
internal sealed partial class MoveStatement(string ofMany)
{
    // From this parameter on there is one for each step: an array, or the value of the only one.
    public const int FirstOfStep = 5;

    public string OfMany => ofMany;

    public string OfOne { get; } = Element().Replace(ofMany, "$1").Replace("unnest($5::text[]) with ordinality as s", "(values ($5::text, 1)) as s", StringComparison.Ordinal);

    [GeneratedRegex(@"\((\$\d+::\w+)\[\]\)\[place\]")]
    private static partial Regex Element();
}
