using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(504, "Tokens of the API; people may be forgotten")]
public sealed class M0504_Access : Migration
{
    public override void Up() => Execute.Sql(
        """
        create table api_tokens (
            id         uuid primary key,
            name       text not null check (name ~ '^[A-Za-z0-9._-]{1,60}$'),
            hash       bytea not null unique check (octet_length(hash) = 32),
            role       text not null check (role in ('viewer', 'approver', 'admin')),
            person     text null,
            created_at timestamptz not null,
            expires_at timestamptz not null check (expires_at > created_at),
            revoked_at timestamptz null,
            constraint an_approver_is_a_person check (role <> 'approver' or person is not null)
        );
        comment on column api_tokens.hash is 'SHA-256 of the token, which has 256 random bits and is shown once';
        comment on column api_tokens.person is 'for whom its holder decides; the project''s approvers rule as ever';

        create or replace function keep_decided_gates() returns trigger language plpgsql as $$
        begin
            -- Who decided and why may be forgotten; that and how it was decided may not change.
            if new.decided_by = 'forgotten' then
                if (to_jsonb(new) - '{acknowledged_at,decided_by,decided_via,reason}'::text[]) is not distinct from (to_jsonb(old) - '{acknowledged_at,decided_by,decided_via,reason}'::text[]) then
                    return new;
                end if;
            elsif (to_jsonb(new) - 'acknowledged_at') is not distinct from (to_jsonb(old) - 'acknowledged_at') then
                return new;
            end if;
            raise exception 'gate % is %, which is final', old.id, old.status using errcode = 'check_violation';
        end $$;
        """);

    public override void Down() => Execute.Sql(
        """
        drop table api_tokens;
        create or replace function keep_decided_gates() returns trigger language plpgsql as $$
        begin
            if (to_jsonb(new) - 'acknowledged_at') is distinct from (to_jsonb(old) - 'acknowledged_at') then
                raise exception 'gate % is %, which is final', old.id, old.status using errcode = 'check_violation';
            end if;
            return new;
        end $$;
        """);
}
