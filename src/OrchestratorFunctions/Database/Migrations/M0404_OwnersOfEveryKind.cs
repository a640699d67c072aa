using FluentMigrator;

namespace OrchestratorFunctions.Database.Migrations;

/// <summary>
/// Owners of repositories may have an underscore (people of an enterprise that manages its accounts: <c>ada_acme</c>), and old ones hyphens beside each other or at the end.
/// The version before writes none of them, and reads them.
/// </summary>
[Migration(404, "Owners with underscores and any hyphens")]
public sealed class M0404_OwnersOfEveryKind : Migration
{
    public override void Up() => Execute.Sql(
        """
        alter table projects drop constraint projects_repository_check,
            add constraint projects_repository_check check (repository ~ '^[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+$');
        alter table repositories drop constraint repositories_full_name_check,
            add constraint repositories_full_name_check check (full_name ~ '^[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+$');
        """);

    // Rows that the narrower rule does not know stay.
    public override void Down() => Execute.Sql(
        """
        alter table projects drop constraint projects_repository_check,
            add constraint projects_repository_check check (repository ~ '^[A-Za-z0-9](-?[A-Za-z0-9])*/[A-Za-z0-9._-]+$') not valid;
        alter table repositories drop constraint repositories_full_name_check,
            add constraint repositories_full_name_check check (full_name ~ '^[A-Za-z0-9](-?[A-Za-z0-9])*/[A-Za-z0-9._-]+$') not valid;
        """);
}
