using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Npgsql;

namespace DurableTask.Simulation.Tests.Hub;

// The batches of the engine, by the names in their statements.
internal static partial class Statement
{
    private static readonly ConcurrentDictionary<string, string> Names = new(StringComparer.Ordinal);

    public static string[] NamesOf(NpgsqlBatch batch) => [.. batch.BatchCommands.Cast<NpgsqlBatchCommand>().Select(command => NameOf(command.CommandText))];

    public static string NameOf(string sql) => Names.GetOrAdd(sql, text => Named().Match(text) is { Success: true } found ? found.Groups["name"].Value : throw new InvalidOperationException($"This statement has no name: {text}"));

    [GeneratedRegex(@"/\* name: durable\.(?<name>\S+) \*/", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Named();
}
