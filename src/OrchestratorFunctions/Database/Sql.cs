using Dapper;

namespace OrchestratorFunctions.Database;

/// <summary>The one form in which stores hand statements to Dapper: always with parameters, always cancellable.</summary>
internal static class Sql
{
    public static CommandDefinition Command(string sql, object parameters, CancellationToken cancellationToken) => new(sql, parameters, cancellationToken: cancellationToken);
}
