using FluentMigrator;

namespace DurableTask.PostgreSql.Schema;

/// <summary>An activity keeps the trace of the step that called it, so that whoever runs it goes on with that. What is called already has none.</summary>
[Migration(1050, "Activities keep the trace they were called in")]
public sealed class M1050ActivityTraces : Migration
{
    /// <inheritdoc />
    public override void Up() => Execute.Sql(
        """
        alter table durable.activities add column trace bytea null;
        comment on column durable.activities.trace is 'a serialized TraceContext; null = called outside of any trace';
        """);

    /// <inheritdoc />
    public override void Down() => Execute.Sql("alter table durable.activities drop column trace;");
}
