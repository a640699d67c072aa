using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(104, "Gates: what a person decides, once")]
public sealed class M0104_Approvals : Migration
{
    public override void Up() => Execute.Sql(
        """
        create table gates (
            id               uuid primary key,
            project_id       uuid not null references projects on delete cascade,
            instance_id      text not null,
            kind             text not null check (kind in ('VISION', 'PLAN', 'REPORT', 'ERROR_RESOLUTION')),
            document_version integer null,
            document_sha256  text null,
            title            text not null,
            may_skip         boolean not null default false,
            status           text not null default 'PENDING' check (status in
                             ('PENDING', 'APPROVED', 'REJECTED', 'RETRIED', 'SKIPPED', 'STOPPED', 'EXPIRED', 'CLOSED')),
            decided_by       text null,
            decided_at       timestamptz null,
            decided_via      text null,
            reason           text null,
            created_at       timestamptz not null,
            remind_at        timestamptz not null,
            reminded_at      timestamptz null,
            expires_at       timestamptz not null,
            acknowledged_at  timestamptz null,
            constraint a_gate_judges_exactly_one_document check
                ((kind = 'ERROR_RESOLUTION') = (document_version is null) and (document_version is null) = (document_sha256 is null)),
            constraint the_judged_document_exists foreign key (project_id, kind, document_version, document_sha256)
                references documents (project_id, kind, version, sha256),
            constraint a_closed_gate_knows_when check ((status = 'PENDING') = (decided_at is null)),
            constraint a_decision_has_a_decider check
                ((status in ('APPROVED', 'REJECTED', 'RETRIED', 'SKIPPED', 'STOPPED')) = (decided_by is not null and decided_via is not null)),
            constraint a_rejection_has_a_reason check (status <> 'REJECTED' or coalesce(char_length(reason), 0) > 0),
            constraint only_documents_are_approved check (kind <> 'ERROR_RESOLUTION' or status not in ('APPROVED', 'REJECTED')),
            constraint only_errors_are_retried check (kind = 'ERROR_RESOLUTION' or status <> 'RETRIED'),
            constraint only_what_may_be_skipped_is check (status <> 'SKIPPED' or (kind = 'ERROR_RESOLUTION' and may_skip))
        );
        create unique index one_open_gate_per_project on gates (project_id) where status = 'PENDING';
        create index gates_unacknowledged on gates (decided_at) where status <> 'PENDING' and acknowledged_at is null;

        create function keep_decided_gates() returns trigger language plpgsql as $$
        begin
            if (to_jsonb(new) - 'acknowledged_at') is distinct from (to_jsonb(old) - 'acknowledged_at') then
                raise exception 'gate % is %, which is final', old.id, old.status using errcode = 'check_violation';
            end if;
            return new;
        end $$;
        create trigger decided_gates_are_final before update on gates
            for each row when (old.status <> 'PENDING') execute function keep_decided_gates();

        create table owed_reasons (
            gate_id      uuid not null references gates on delete cascade,
            person       text not null,
            address      text not null,
            requested_at timestamptz not null,
            primary key (gate_id, person)
        );
        comment on table owed_reasons is 'who pressed Change and has not yet said why; their next message is the reason';
        """);

    public override void Down() => Execute.Sql("drop table owed_reasons; drop table gates; drop function keep_decided_gates();");
}
