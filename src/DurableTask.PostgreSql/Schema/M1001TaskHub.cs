using FluentMigrator;

namespace DurableTask.PostgreSql.Schema;

/// <summary>The task hub: instances, their history and inboxes, the work of activities, and timers.</summary>
[Migration(1001, "The durable task hub")]
public sealed class M1001TaskHub : Migration
{
    /// <inheritdoc />
    public override void Up() => Execute.Sql(
        """
        create schema durable;

        create table durable.instances (
            instance_id        text primary key check (length(instance_id) between 1 and 450),
            execution_id       text not null,
            name               text not null check (name <> ''),
            version            text null,
            task_key           text not null generated always as (lower(name) || '@' || coalesce(version, '*')) stored,
            status             text not null check (status in ('PENDING', 'RUNNING', 'SUSPENDED', 'COMPLETED', 'FAILED', 'TERMINATED')),
            input              text null,
            output             text null,
            custom_status      text null,
            failure            text null,
            parent_instance_id text null,
            parent_execution   text null,
            parent_task_id     integer null,
            parent_name        text null,
            steps              integer not null default 0 check (steps >= 0),
            created_at         timestamptz not null,
            updated_at         timestamptz not null,
            start_at           timestamptz not null,
            finished_at        timestamptz null,
            epoch              bigint not null default 0,
            worker             text null,
            lease_until        timestamptz null,
            attempts           integer not null default 0 check (attempts >= 0),
            last_error         text null,
            parked_reason      text null,
            constraint finished_instances_have_a_time check ((status in ('COMPLETED', 'FAILED', 'TERMINATED')) = (finished_at is not null)),
            constraint failed_instances_say_why check (status <> 'FAILED' or failure is not null),
            constraint owned_instances_have_a_lease check (worker is null or lease_until is not null),
            constraint parents_are_named_in_full check (num_nulls(parent_instance_id, parent_execution, parent_task_id, parent_name) in (0, 4)),
            constraint begun_instances_have_a_version check (steps = 0 or version is not null)
        ) with (fillfactor = 70);
        create index instances_by_age on durable.instances (created_at desc);
        create index instances_by_parent on durable.instances (parent_instance_id) where parent_instance_id is not null;
        create index instances_parked on durable.instances (instance_id) where parked_reason is not null;

        create table durable.history (
            instance_id text not null references durable.instances on delete cascade,
            step        integer not null check (step >= 0),
            events      bytea not null,
            primary key (instance_id, step)
        );

        create table durable.messages (
            id           bigint generated always as identity primary key,
            instance_id  text not null references durable.instances on delete cascade,
            execution_id text null,
            carried      boolean not null default false,
            event        bytea not null
        );
        create index messages_of_instance on durable.messages (instance_id, id);
        comment on column durable.messages.execution_id is 'the generation it is for; null = whichever runs';
        comment on column durable.messages.carried is 'from the generation before: comes before everything else';

        create table durable.activities (
            id            bigint generated always as identity primary key,
            instance_id   text not null references durable.instances on delete cascade,
            execution_id  text not null,
            task_id       integer not null,
            name          text not null check (name <> ''),
            input         text null,
            epoch         bigint not null default 0,
            worker        text null,
            lease_until   timestamptz null,
            attempts      integer not null default 0 check (attempts >= 0),
            parked_reason text null,
            constraint one_row_per_call unique (instance_id, execution_id, task_id),
            constraint owned_activities_have_a_lease check (worker is null or lease_until is not null)
        ) with (fillfactor = 70);

        create table durable.timers (
            instance_id  text not null references durable.instances on delete cascade,
            execution_id text not null,
            task_id      integer not null,
            fire_at      timestamptz not null,
            event        bytea not null,
            primary key (instance_id, execution_id, task_id)
        );
        create index timers_by_time on durable.timers (fire_at);

        create function durable.fence(rows bigint) returns void language plpgsql as $$
        begin
            if rows <> 1 then
                raise exception 'the lease was lost: someone else has taken this work over' using errcode = 'DT001';
            end if;
        end $$;
        """);

    /// <inheritdoc />
    public override void Down() => Execute.Sql("drop schema durable cascade;");
}
