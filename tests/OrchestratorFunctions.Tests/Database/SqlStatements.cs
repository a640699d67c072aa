using System.Text.RegularExpressions;

namespace OrchestratorFunctions.Tests.Database;

/// <summary>A statement as it stands in the source.</summary>
internal sealed record SqlStatement(string Name, string File, string Text)
{
    public override string ToString() => $"{Name} ({File})";
}

/// <summary>Finds the statements of the source: string literals that begin with <c>/* name: room.verb */</c>.</summary>
internal static partial class SqlStatements
{
    public static DirectoryInfo Source { get; } = new(Path.Combine(Root(), "src"));

    public static IReadOnlyList<SqlStatement> In(string project) =>
    [
        .. from file in Directory.EnumerateFiles(Path.Combine(Source.FullName, project), "*.cs", SearchOption.AllDirectories)
           where !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
           from statement in Read(file)
           select statement,
    ];

    private static IEnumerable<SqlStatement> Read(string file)
    {
        var source = File.ReadAllText(file);
        foreach (Match match in Statement().Matches(source))
        {
            var text = match.Groups["raw"].Success ? match.Groups["raw"].Value : Regex.Unescape(match.Groups["plain"].Value);
            if (match.Groups["interpolated"].Success)
            {
                text = Hole().Replace(text, hole => ConstantOf(source, hole.Groups["name"].Value) ?? throw new InvalidDataException($"{file}: what is {hole.Value}?"));
            }

            yield return new SqlStatement(match.Groups["name"].Value, Path.GetFileName(file), text);
        }
    }

    private static string? ConstantOf(string source, string name)
    {
        var found = Regex.Match(source, $@"const string {Regex.Escape(name.Split('.')[^1])}\s*=\s*""+(?<value>[^""]*)""+\s*;");
        return found.Success ? found.Groups["value"].Value : null;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "OrchestratorFunctions.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not lie below the solution.");
        }

        return folder.FullName;
    }

    [GeneratedRegex(
        """"
        (?<interpolated>\$)?(?:"""\s*(?<raw>/\*\ name:\ (?<name>[a-z_.0-9]+)\ \*/.*?)"""|"(?<plain>/\*\ name:\ (?<name>[a-z_.0-9]+)\ \*/[^"]*)")
        """", RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Statement();

    [GeneratedRegex(@"\{(?<name>[A-Za-z.]+)\}")]
    private static partial Regex Hole();
}
