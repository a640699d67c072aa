using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

/// <summary>What is looked for every few seconds, by each process, is found without reading what is finished. Each of these indexes holds only what is under way or in trouble; one is for those who look at the newest.</summary>
[Migration(403, "Sweeps and gauges do not read what is finished")]
public sealed class M0403_SmallLooks : Migration
{
    public override void Up() => Execute.Sql(
        """
        create index projects_unstarted on projects (id) where run > run_started;
        create index projects_unseen on projects (id) where signal > signal_seen;
        create index projects_under_way on projects (id) where status in ('VISION_REVIEW', 'PLANNING', 'IN_PROGRESS');
        create index projects_by_age on projects (created_at);
        create index inbox_parked on inbox (id) where status = 'PARKED';
        create index outbox_parked on outbox (id) where status = 'PARKED';
        create index github_checks_unsettled on github_checks (not_before) where shown is null or shown = 'PENDING';
        """);

    public override void Down() => Execute.Sql("drop index projects_unstarted, projects_unseen, projects_under_way, projects_by_age, inbox_parked, outbox_parked, github_checks_unsettled;");
}
