using System.Text.RegularExpressions;
using Npgsql;
using OrchestratorFunctions.Tests.TestApp;

namespace OrchestratorFunctions.Tests.Database;

public sealed partial class SqlTests
{
    [Fact]
    public async Task Every_statement_of_the_app_fits_the_schema()
    {
        await using var database = await Rooms.DatabaseAsync();
        await using var connection = await database.DataSource.OpenConnectionAsync();
        var faults = new List<string>();
        foreach (var statement in SqlStatements.In("OrchestratorFunctions"))
        {
            var names = new List<string>();
            var sql = Parameter().Replace(statement.Text, match =>
            {
                var name = match.Value[1..].ToUpperInvariant();
                names.Add(name);
                return $"${names.Distinct().ToList().IndexOf(name) + 1}";
            });
            var types = string.Join(", ", names.Distinct().Select(TypeOf));
            await using var prepare = new NpgsqlCommand($"prepare it {(types.Length > 0 ? $"({types})" : "")} as {sql}", connection);
            try
            {
                await prepare.ExecuteNonQueryAsync();
                await using var forget = new NpgsqlCommand("deallocate it", connection);
                await forget.ExecuteNonQueryAsync();
            }
            catch (PostgresException fault)
            {
                faults.Add($"{statement}: {fault.MessageText}");
            }
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void Every_statement_has_a_name_and_no_two_have_the_same()
    {
        var statements = SqlStatements.In("OrchestratorFunctions").Concat(SqlStatements.In("DurableTask.PostgreSql")).ToList();
        Assert.Empty(statements.GroupBy(statement => statement.Name).Where(same => same.Count() > 1).SelectMany(same => same));

        // As many as there are names in the source: the scan has missed none.
        var mentioned = Directory.EnumerateFiles(Path.Combine(SqlStatements.Source.FullName, "OrchestratorFunctions"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Sum(file => Regex.Count(File.ReadAllText(file), @"/\* name: "));
        Assert.Equal(mentioned, SqlStatements.In("OrchestratorFunctions").Count);
        Assert.True(mentioned > 80);
    }

    // Where a statement gives PostgreSQL too little to go by, Npgsql's own type of the value decides.
    private static string TypeOf(string name) => name switch
    {
        "NOW" or "LIMIT" or "NEXT" or "REMINDAT" or "EXPIRESAT" => "timestamptz",
        "STATUS" => "text",
        "INDEXES" => "integer[]",
        "TEXTS" => "text[]",
        "TIMES" => "timestamptz[]",
        _ => "unknown",
    };

    [GeneratedRegex("(?<![@:])@[A-Za-z_][A-Za-z0-9_]*")]
    private static partial Regex Parameter();
}
