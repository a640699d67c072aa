using System.Reflection;

namespace DurableTask.PostgreSql.Tests.Schema;

internal static class EngineStatements
{
    // Migrations are not statements of the running hub; "schema." ones of the migrator run before there is a schema, but prepare all the same.
    public static IReadOnlyList<string> All { get; } =
    [
        .. typeof(SchemaMigrator).Assembly.GetTypes()
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Where(field => field.IsLiteral && field.FieldType == typeof(string))
            .Select(field => (string)field.GetRawConstantValue()!)
            .Where(text => text.StartsWith("/*", StringComparison.Ordinal)),
    ];

    public static string Named(string name) => All.Single(sql => sql.StartsWith($"/* name: durable.{name} */", StringComparison.Ordinal));
}
