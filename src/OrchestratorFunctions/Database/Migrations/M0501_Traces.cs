using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(501, "Rows keep the trace they were written in")]
public sealed class M0501_Traces : Migration
{
    public override void Up() => Execute.Sql(
        """
        alter table inbox add column traceparent text null;
        alter table outbox add column traceparent text null;
        comment on column inbox.traceparent is 'W3C trace context of the request that brought it';
        comment on column outbox.traceparent is 'W3C trace context of the work that said it';
        """);

    public override void Down() => Execute.Sql("alter table inbox drop column traceparent; alter table outbox drop column traceparent;");
}
