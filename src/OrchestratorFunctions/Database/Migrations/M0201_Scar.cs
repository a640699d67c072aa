using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(201, "Runs of the coding agent and what it said")]
public sealed class M0201_Scar : Migration
{
    public override void Up() => Execute.Sql(
        """
        create table scar_executions (
            id              uuid primary key,
            project_id      uuid not null references projects on delete cascade,
            repository      text not null check (repository like '%/%'),
            command         text not null check (command in ('PRIME', 'PLAN', 'EXECUTE', 'VALIDATE')),
            brief_kind      text null,
            brief_version   integer null,
            brief_sha256    text null,
            rework          text null,
            address         text not null,
            operation_name  text not null,
            conversation_id text not null constraint a_conversation_serves_one_run unique check (char_length(conversation_id) <= 255),
            nonce           text not null unique check (nonce ~ '^[0-9a-f]{16,64}$'),
            fence           text not null unique check (fence ~ '^[0-9a-f]{16,64}$' and fence <> nonce),
            brief_token     text not null unique check (brief_token ~ '^[0-9a-f]{64}$'),
            status          text not null check (status in ('PREPARED', 'SENDING', 'RUNNING', 'ENDED')),
            sent_index      integer null check (sent_index >= 0),
            next_index      integer not null default 0 check (next_index >= coalesce(sent_index, 0)),
            last_seen       text null,
            created_at      timestamptz not null,
            sent_at         timestamptz null,
            fence_seen      boolean not null default false,
            progress_at     timestamptz null,
            progress_count  integer not null default 0,
            outcome         text null check (outcome in ('SUCCEEDED', 'FAILED', 'UNPROVEN', 'UNKNOWN', 'STOPPED')),
            reason          text null,
            branch          text null,
            commit_id       text null,
            pull_request    text null,
            ended_at        timestamptz null,
            constraint a_brief_is_named_in_full check (num_nonnulls(brief_kind, brief_version, brief_sha256) in (0, 3)),
            constraint a_brief_is_a_document foreign key (project_id, brief_kind, brief_version, brief_sha256) references documents (project_id, kind, version, sha256),
            constraint what_is_sent_has_a_place_and_a_time check ((sent_index is null) = (sent_at is null)
                and (status <> 'PREPARED' or sent_at is null) and (status not in ('SENDING', 'RUNNING') or sent_at is not null)),
            constraint only_what_ended_has_an_outcome check ((status = 'ENDED') = (outcome is not null) and (status = 'ENDED') = (ended_at is not null)),
            constraint every_other_outcome_has_a_reason check (outcome is null or (outcome = 'SUCCEEDED') = (reason is null)),
            constraint what_is_proven_was_fenced check (outcome is null or outcome not in ('SUCCEEDED', 'UNPROVEN') or fence_seen)
        );
        comment on column scar_executions.rework is 'why earlier work is done again, in the person''s words';
        comment on column scar_executions.sent_index is 'length of the agent''s list of messages before the command';
        comment on column scar_executions.last_seen is 'the agent''s time of the message before next_index; another one there means that the list was lost';
        create index scar_executions_by_project on scar_executions (project_id, created_at);
        create index scar_executions_at_large on scar_executions (lower(repository)) where sent_at is not null and not fence_seen;

        create function keep_ended_scar_executions() returns trigger language plpgsql as $$
        begin
            raise exception 'execution % has ended, which is final', old.id using errcode = 'check_violation';
        end $$;
        create trigger ended_scar_executions_are_final before update of status, outcome, reason, branch, commit_id, pull_request on scar_executions
            for each row when (old.status = 'ENDED') execute function keep_ended_scar_executions();

        create table scar_feed (
            execution_id uuid not null references scar_executions on delete cascade,
            index        integer not null check (index >= 0),
            text         text not null,
            at           timestamptz not null,
            primary key (execution_id, index)
        );
        """);

    public override void Down() => Execute.Sql(
        """
        drop table scar_feed;
        drop table scar_executions;
        drop function keep_ended_scar_executions();
        """);
}
