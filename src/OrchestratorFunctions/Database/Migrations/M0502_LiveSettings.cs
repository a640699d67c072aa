using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

[Migration(502, "Settings that change while the app runs, and what the settings were at the last start")]
public sealed class M0502_LiveSettings : Migration
{
    public override void Up() => Execute.Sql(
        """
        create table live_settings (
            name       text primary key,
            value      text not null,
            changed_at timestamptz not null
        );
        comment on table live_settings is 'over what the environment says, in every process; written by the verb "settings"';

        create table settings_seen (
            name  text primary key,
            check_value integer not null check (check_value between 0 and 65535)
        );
        comment on column settings_seen.check_value is '16 bits of a hash of the value: enough to see that it changed, too little to guess it';
        """);

    public override void Down() => Execute.Sql("drop table settings_seen; drop table live_settings;");
}
