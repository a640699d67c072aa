using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(401, "Instances that the Functions host failed")]
public sealed class M0401_Rewinds : Migration
{
    public override void Up() => Execute.Sql(
        """
        create table rewinds (
            instance_id text primary key,
            status      text not null check (status in ('REWOUND', 'PARKED', 'LEFT')),
            failed_at   timestamptz not null,
            rewinds     integer not null check (rewinds between 0 and 5),
            rewound_at  timestamptz null,
            constraint rewound_instances_have_a_time check (status = 'LEFT' or (rewinds > 0 and rewound_at is not null))
        );
        """);

    public override void Down() => Execute.Sql("drop table rewinds;");
}
