using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(101, "Projects, their people and their documents")]
public sealed class M0101_Projects : Migration
{
    public override void Up() => Execute.Sql(
        """
        create table people (
            person     text primary key check (person ~ '^[a-z]+:.+$'),
            name       text not null,
            updated_at timestamptz not null
        );

        create table projects (
            id             uuid primary key,
            name           text not null check (char_length(name) between 1 and 200),
            address        text not null,
            created_by     text not null,
            repository     text null check (repository ~ '^[A-Za-z0-9](-?[A-Za-z0-9])*/[A-Za-z0-9._-]+$'),
            status         text not null default 'BRAINSTORMING' check (status in
                           ('BRAINSTORMING', 'VISION_REVIEW', 'PLANNING', 'IN_PROGRESS', 'PAUSED', 'STOPPING', 'CANCELLED', 'COMPLETED')),
            activity       text null,
            paused_from    text null,
            run            integer not null default 0 check (run >= 0),
            run_started    integer not null default 0 check (run_started between 0 and run),
            signal         integer not null default 0,
            signal_seen    integer not null default 0 check (signal_seen between 0 and signal),
            created_at     timestamptz not null,
            updated_at     timestamptz not null,
            constraint a_paused_project_knows_where_it_was check ((status = 'PAUSED') = (paused_from is not null))
        );
        comment on column projects.activity is 'what the workflow is doing now, for /status';
        comment on column projects.run is 'number of the workflow run asked for; run_started follows when its orchestration has begun';
        comment on column projects.signal is 'raised when a person did something the workflow waits for; signal_seen follows when it has looked';
        create index projects_by_address on projects (address, created_at);

        create function keep_terminal_projects() returns trigger language plpgsql as $$
        begin
            raise exception 'project % is %, which is final', old.id, old.status using errcode = 'check_violation';
        end $$;
        create trigger terminal_projects_are_final before update of status on projects
            for each row when (old.status in ('CANCELLED', 'COMPLETED') and new.status is distinct from old.status)
            execute function keep_terminal_projects();

        create table project_approvers (
            project_id uuid not null references projects on delete cascade,
            person     text not null,
            added_at   timestamptz not null,
            primary key (project_id, person)
        );

        create table documents (
            project_id   uuid not null references projects on delete cascade,
            kind         text not null check (kind in ('VISION', 'PLAN', 'REPORT')),
            version      integer not null check (version >= 1),
            domain_key   text not null unique,
            markdown     text not null,
            content      text not null,
            sha256       text not null check (sha256 ~ '^[0-9a-f]{64}$'),
            branch       text null,
            commit_id    text null,
            pull_request text null,
            confirmed    boolean not null,
            execution_id uuid null,
            created_at   timestamptz not null,
            primary key (project_id, kind, version),
            unique (project_id, kind, version, sha256)
        );
        comment on column documents.content is 'the canonical form that sha256 is taken over';
        comment on column documents.confirmed is 'false: the coding agent ended without saying that it succeeded, so the person is asked';

        create function refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception '% is append-only', tg_table_name using errcode = 'check_violation';
        end $$;
        create trigger documents_are_append_only before update on documents for each row execute function refuse_change();
        """);

    public override void Down() => Execute.Sql(
        """
        drop table documents;
        drop table project_approvers;
        drop table projects;
        drop table people;
        drop function keep_terminal_projects();
        drop function refuse_change();
        """);
}
