using FluentMigrator;

namespace DurableTask.PostgreSql.Schema;

/// <summary>
/// Ids are compared byte by byte (collation "C"), not by the rules of a language: they mean nothing in any, every statement looks them up, and an index over them does not
/// break when a new system library sorts words in another way. The version before works on both; on a large hub the indexes take a while to be built anew.
/// </summary>
[Migration(1030, "Ids are compared byte by byte")]
public sealed class M1030IdsByBytes : Migration
{
    /// <inheritdoc />
    public override void Up() => Collate("\"C\"");

    /// <inheritdoc />
    public override void Down() => Collate("\"default\"");

    private void Collate(string collation) => Execute.Sql(
        $"""
        alter table durable.instances alter column instance_id type text collate {collation}, alter column parent_instance_id type text collate {collation};
        alter table durable.history alter column instance_id type text collate {collation};
        alter table durable.messages alter column instance_id type text collate {collation};
        alter table durable.activities alter column instance_id type text collate {collation}, alter column execution_id type text collate {collation};
        alter table durable.timers alter column instance_id type text collate {collation}, alter column execution_id type text collate {collation};
        """);
}
