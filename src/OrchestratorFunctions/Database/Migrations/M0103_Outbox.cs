using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(103, "Everything we say, and the buttons under it")]
public sealed class M0103_Outbox : Migration
{
    public override void Up() => Execute.Sql(
        """
        create table outbox (
            id             bigint generated always as identity primary key,
            domain_key     text not null constraint said_once unique,
            address        text not null,
            markdown       text not null,
            buttons        jsonb not null default '[]',
            gate_id        uuid null,
            edits_key      text null,
            asks_for_reply boolean not null default false,
            status         text not null default 'PENDING' check (status in ('PENDING', 'SENT', 'PARKED')),
            message_ids    bigint[] not null default '{}',
            attempts       integer not null default 0,
            not_before     timestamptz not null,
            created_at     timestamptz not null,
            finished_at    timestamptz null,
            error          text null,
            constraint finished_messages_have_a_time check ((status = 'PENDING') = (finished_at is null))
        );
        comment on column outbox.message_ids is 'the parts that were sent so far; a crash repeats at most the one in flight';
        create index outbox_pending on outbox (address, id) where status = 'PENDING';
        create index outbox_by_gate on outbox (gate_id) where gate_id is not null;

        create table parked_addresses (
            address   text primary key,
            reason    text not null,
            parked_at timestamptz not null
        );

        create table buttons (
            token      text primary key check (octet_length(token) between 16 and 64),
            verb       text not null,
            subject    uuid null,
            created_at timestamptz not null
        );
        comment on table buttons is 'what an opaque token stands for; it grants nothing, everything is checked again when it is pressed';
        """);

    public override void Down() => Execute.Sql("drop table buttons; drop table parked_addresses; drop table outbox;");
}
