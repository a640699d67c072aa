using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(402, "Instances that were taken back are looked at once more")]
public sealed class M0402_RewindsMadeGood : Migration
{
    public override void Up() => Execute.Sql("alter table rewinds add column made_good_at timestamptz null;");

    public override void Down() => Execute.Sql("alter table rewinds drop column made_good_at;");
}
