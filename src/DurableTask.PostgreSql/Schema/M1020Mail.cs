using FluentMigrator;

namespace DurableTask.PostgreSql.Schema;

/// <summary>
/// Leases move from instances to what has arrived for them: a step is fenced by its number alone, so that a worker which has an instance in memory needs no claim.
/// Workers of the version before must be stopped first: they look for the columns that go.
/// </summary>
[Migration(1020, "Mail is leased instead of instances")]
public sealed class M1020Mail : Migration
{
    /// <inheritdoc />
    public override void Up() => Execute.Sql(
        """
        alter table durable.instances drop constraint owned_instances_have_a_lease,
            drop column epoch, drop column lease_until, drop column attempts, drop column last_error;
        comment on column durable.instances.worker is 'who made the last step and may still have it in memory';

        alter table durable.messages
            add column visible_at timestamptz not null default now(),
            add column worker text null,
            add column attempts integer not null default 0 check (attempts >= 0),
            add column last_error text null;
        alter table durable.messages alter column visible_at drop default;
        create index messages_by_time on durable.messages (visible_at, id);
        comment on column durable.messages.visible_at is 'from when on a worker may take it: leased until then by "worker", or not to be tried earlier; infinity = parked';

        alter table durable.activities add column ready_at timestamptz;
        update durable.activities set ready_at = case when parked_reason is null then coalesce(lease_until, now()) else 'infinity' end;
        alter table durable.activities drop constraint owned_activities_have_a_lease, drop constraint one_row_per_call, drop constraint activities_pkey,
            drop column id, drop column lease_until, alter column ready_at set not null,
            add primary key (instance_id, execution_id, task_id);
        -- Both are written by steps only, in the transaction that has just written the instance: the check would find what is known, at a lock of the row each.
        alter table durable.activities drop constraint activities_instance_id_fkey;
        alter table durable.history drop constraint history_instance_id_fkey;
        create function durable.forget_instance() returns trigger language plpgsql as $$
        begin
            delete from durable.history where instance_id in (select instance_id from gone);
            delete from durable.activities where instance_id in (select instance_id from gone);
            return null;
        end $$;
        create trigger instances_take_history_along after delete on durable.instances referencing old table as gone for each statement execute function durable.forget_instance();
        create index activities_by_time on durable.activities (ready_at);
        comment on column durable.activities.ready_at is 'from when on a worker may take it: leased until then by "worker", or not to be tried earlier; infinity = parked';
        """);

    /// <inheritdoc />
    public override void Down() => Execute.Sql(
        """
        drop trigger instances_take_history_along on durable.instances;
        drop function durable.forget_instance();
        alter table durable.history add constraint history_instance_id_fkey foreign key (instance_id) references durable.instances on delete cascade;
        alter table durable.activities add constraint activities_instance_id_fkey foreign key (instance_id) references durable.instances on delete cascade;
        alter table durable.activities drop constraint activities_pkey,
            add column id bigint generated always as identity primary key,
            add column lease_until timestamptz null;
        update durable.activities set lease_until = ready_at where worker is not null;
        alter table durable.activities drop column ready_at,
            add constraint one_row_per_call unique (instance_id, execution_id, task_id),
            add constraint owned_activities_have_a_lease check (worker is null or lease_until is not null);

        drop index durable.messages_by_time;
        alter table durable.messages drop column visible_at, drop column worker, drop column attempts, drop column last_error;

        update durable.instances set worker = null;
        alter table durable.instances
            add column epoch bigint not null default 0,
            add column lease_until timestamptz null,
            add column attempts integer not null default 0 check (attempts >= 0),
            add column last_error text null,
            add constraint owned_instances_have_a_lease check (worker is null or lease_until is not null);
        comment on column durable.instances.worker is null;
        """);
}
