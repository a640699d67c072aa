using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(106, "The audit trail")]
public sealed class M0106_Audit : Migration
{
    public override void Up() => Execute.Sql(
        """
        create table audit_entries (
            id            bigint primary key,
            at            timestamptz not null,
            action        text not null,
            actor         text not null,
            project_id    uuid null,
            details       json not null,
            result        text not null check (result in ('success', 'denied')),
            previous_hash bytea null,
            hash          bytea not null check (octet_length(hash) = 32),
            constraint the_chain_has_no_gap check ((id = 1) = (previous_hash is null))
        );
        create index audit_by_project on audit_entries (project_id, id);
        create trigger audit_is_append_only before update or delete on audit_entries for each row execute function refuse_change();
        create trigger audit_is_not_emptied before truncate on audit_entries execute function refuse_change();
        """);

    public override void Down() => Execute.Sql("drop table audit_entries;");
}
