using FluentMigrator;

namespace DurableTask.PostgreSql.Schema;

/// <summary>The tags an instance was started with.</summary>
[Migration(1010, "Tags of instances")]
public sealed class M1010InstanceTags : Migration
{
    /// <inheritdoc />
    public override void Up() => Execute.Sql("alter table durable.instances add column tags jsonb null;");

    /// <inheritdoc />
    public override void Down() => Execute.Sql("alter table durable.instances drop column tags;");
}
