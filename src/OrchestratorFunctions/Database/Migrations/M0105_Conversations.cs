using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(105, "Talk: topics, messages, offers")]
public sealed class M0105_Conversations : Migration
{
    public override void Up() => Execute.Sql(
        """
        create table conversations (
            address    text primary key,
            project_id uuid null references projects on delete set null,
            created_at timestamptz not null
        );

        create table topics (
            id         uuid primary key,
            project_id uuid not null references projects on delete cascade,
            title      text not null,
            started_at timestamptz not null,
            ended_at   timestamptz null
        );
        create unique index one_open_topic_per_project on topics (project_id) where ended_at is null;

        create table messages (
            id         bigint generated always as identity primary key,
            address    text not null,
            project_id uuid not null references projects on delete cascade,
            topic_id   uuid not null references topics on delete cascade,
            role       text not null check (role in ('USER', 'ASSISTANT')),
            content    text not null,
            inbox_id   bigint not null,
            created_at timestamptz not null,
            constraint one_message_per_delivery_and_role unique (inbox_id, role)
        );
        create index messages_by_topic on messages (topic_id, id);

        create table offers (
            id         uuid primary key,
            project_id uuid not null references projects on delete cascade,
            kind       text not null check (kind in ('GENERATE_VISION', 'CHANGE')),
            topic_id   uuid not null references topics on delete cascade,
            gate_id    uuid null references gates on delete cascade,
            reason     text null,
            created_at timestamptz not null,
            taken_by   text null,
            taken_at   timestamptz null,
            constraint a_taken_offer_has_a_taker check ((taken_by is null) = (taken_at is null)),
            constraint a_change_names_gate_and_reason check ((kind = 'CHANGE') = (gate_id is not null and reason is not null))
        );
        create unique index one_standing_vision_offer_per_topic on offers (topic_id) where kind = 'GENERATE_VISION' and taken_at is null;
        """);

    public override void Down() => Execute.Sql("drop table offers; drop table messages; drop table topics; drop table conversations;");
}
