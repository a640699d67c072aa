using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(302, "Check runs that show gates on pull requests, and what was asked to be delivered again")]
public sealed class M0302_GitHubChecks : Migration
{
    public override void Up() => Execute.Sql(
        """
        create table github_checks (
            gate_id       uuid primary key references gates on delete cascade,
            repository_id bigint not null references repositories,
            pull_number   integer not null check (pull_number > 0),
            approve_token text not null references buttons,
            change_token  text not null references buttons,
            head_sha      text null,
            check_run_id  bigint null constraint a_check_run_shows_one_gate unique,
            shown         text null,
            attempts      integer not null default 0,
            not_before    timestamptz not null,
            created_at    timestamptz not null,
            constraint what_is_shown_has_a_check_run check (shown is null or check_run_id is not null)
        );
        comment on column github_checks.shown is 'the gate''s status that the check run shows; another one there means that it has to be updated';

        create table github_redeliveries (
            delivery_id text primary key,
            asked_at    timestamptz not null
        );
        """);

    public override void Down() => Execute.Sql("drop table github_redeliveries; drop table github_checks;");
}
