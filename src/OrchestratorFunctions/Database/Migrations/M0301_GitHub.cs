using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(301, "GitHub: repositories, who may write in them, and what was delivered")]
public sealed class M0301_GitHub : Migration
{
    public override void Up() => Execute.Sql(
        """
        create table repositories (
            id              bigint primary key,
            full_name       text not null check (full_name ~ '^[A-Za-z0-9](-?[A-Za-z0-9])*/[A-Za-z0-9._-]+$'),
            installation_id bigint null,
            gone_at         timestamptz null,
            updated_at      timestamptz not null
        );
        comment on table repositories is 'GitHub''s repositories by their own number, which outlives renames and transfers; addresses hold the number';
        create index repositories_by_name on repositories (lower(full_name));

        create table repository_writers (
            repository_id bigint not null references repositories on delete cascade,
            person        text not null,
            checked_at    timestamptz not null,
            primary key (repository_id, person)
        );
        comment on table repository_writers is 'people whom GitHub said may write, when they last acted; asked anew whenever they act';

        create view deciders as
            select project_id, person from project_approvers
            union
            select p.id, w.person from projects p join repositories r on lower(r.full_name) = lower(p.repository) and r.gone_at is null
                join repository_writers w on w.repository_id = r.id;
        comment on view deciders is 'who decides in a project: those who were let in, and those who may write in its repository';

        create table github_deliveries (
            id          bigint generated always as identity primary key,
            delivery_id text not null constraint one_row_per_github_delivery unique,
            body_sha256 bytea not null constraint one_row_per_github_body unique check (octet_length(body_sha256) = 32),
            subject_key text null constraint one_row_per_github_subject unique,
            event       text not null,
            action      text null,
            queue       text not null,
            payload     text null,
            status      text not null check (status in ('OPEN', 'DONE', 'IGNORED', 'PARKED')),
            reason      text null,
            attempts    integer not null default 0,
            received_at timestamptz not null,
            not_before  timestamptz not null,
            finished_at timestamptz null,
            constraint finished_deliveries_have_a_time check ((status = 'OPEN') = (finished_at is null)),
            constraint what_is_ignored_has_a_reason check (status <> 'IGNORED' or reason is not null),
            constraint what_waits_has_its_payload check (status not in ('OPEN', 'PARKED') or payload is not null)
        );
        comment on column github_deliveries.subject_key is 'the same comment delivered by two hooks has two delivery ids and two bodies, and this in common';
        comment on column github_deliveries.payload is 'the part that we read, kept until it is handled';
        create index github_deliveries_open on github_deliveries (queue, id) where status = 'OPEN';
        create index github_deliveries_finished on github_deliveries (finished_at) where status in ('DONE', 'IGNORED');

        create table github_hook_ranges (
            singleton  boolean primary key default true check (singleton),
            ranges     jsonb not null,
            fetched_at timestamptz not null
        );
        comment on table github_hook_ranges is 'the last list of addresses that GitHub gave, for the time when it gives none';

        alter table outbox add column operation uuid not null default gen_random_uuid();
        comment on column outbox.operation is 'marks what was sent where the vendor lets us look it up, so that a retry finds it';
        """);

    public override void Down() => Execute.Sql(
        """
        alter table outbox drop column operation;
        drop table github_hook_ranges;
        drop table github_deliveries;
        drop view deciders;
        drop table repository_writers;
        drop table repositories;
        """);
}
