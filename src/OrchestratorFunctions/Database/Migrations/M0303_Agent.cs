using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(303, "The coding agent by way of GitHub: what was posted, and what it answered")]
public sealed class M0303_Agent : Migration
{
    public override void Up() => Execute.Sql(
        """
        alter table scar_executions add column transport text not null default 'HTTP' check (transport in ('HTTP', 'GITHUB'));

        create table github_posts (
            key        text primary key,
            claimed_at timestamptz not null,
            result     bigint null
        );
        comment on table github_posts is 'writing calls that must not be repeated: claimed before the call, with GitHub''s number for what came of it afterwards';

        create table agent_commands (
            execution_id  uuid primary key references scar_executions on delete cascade,
            repository_id bigint not null references repositories,
            number        integer not null check (number > 0),
            comment_id    bigint null,
            looked_at     timestamptz null
        );
        comment on column agent_commands.number is 'the issue in which the command is a comment';
        comment on column agent_commands.looked_at is 'when GitHub was last asked for comments whose delivery may be lost';
        create index agent_commands_by_issue on agent_commands (repository_id, number);

        create table agent_replies (
            execution_id uuid not null references agent_commands on delete cascade,
            key          text not null,
            text         text not null,
            at           timestamptz not null,
            primary key (execution_id, key)
        );
        comment on column agent_replies.key is 'comment:{id} or pull:{number}';
        """);

    public override void Down() => Execute.Sql(
        """
        drop table agent_replies;
        drop table agent_commands;
        drop table github_posts;
        alter table scar_executions drop column transport;
        """);
}
