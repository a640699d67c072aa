using FluentMigrator;

namespace DurableTask.PostgreSql.Schema;

/// <summary>
/// Half of each new page of instances stays free, for the versions that a few steps make before the next cleaning: an update that fits into its own page leaves the indexes
/// alone. What is stored already stays as it is.
/// </summary>
[Migration(1040, "Room for the steps of an instance in its own page")]
public sealed class M1040RoomForSteps : Migration
{
    /// <inheritdoc />
    public override void Up() => Execute.Sql("alter table durable.instances set (fillfactor = 50);");

    /// <inheritdoc />
    public override void Down() => Execute.Sql("alter table durable.instances set (fillfactor = 70);");
}
