using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(102, "The queue of accepted deliveries")]
public sealed class M0102_Inbox : Migration
{
    public override void Up() => Execute.Sql(
        """
        create table inbox (
            id          bigint generated always as identity primary key,
            source      text not null,
            delivery_id text not null,
            address     text not null,
            person      text not null,
            kind        text not null check (kind in ('TEXT', 'COMMAND', 'PRESS')),
            payload     jsonb not null,
            answer      text null,
            received_at timestamptz not null,
            status      text not null check (status in ('OPEN', 'DONE', 'PARKED')),
            attempts    integer not null default 0,
            not_before  timestamptz not null,
            finished_at timestamptz null,
            error       text null,
            constraint one_row_per_delivery unique (source, delivery_id),
            constraint finished_rows_have_a_time check ((status = 'OPEN') = (finished_at is null))
        );
        create index inbox_open on inbox (address, id) where status = 'OPEN';
        create index inbox_finished on inbox (finished_at) where status = 'DONE';
        """);

    public override void Down() => Execute.Sql("drop table inbox;");
}
