using System.Text.Json;

namespace FunctionsHost.Handlers;

/// <summary>A function as its folder in the script root describes it.</summary>
public sealed record FunctionFolder(string Name, JsonElement Bindings)
{
    /// <summary>Reads all functions of a script root, in the alphabetical order in which the host knows them.</summary>
    public static IReadOnlyList<FunctionFolder> ReadAll(string root) =>
    [
        .. Directory.EnumerateFiles(root, "function.json", SearchOption.AllDirectories)
            .Select(file => new FunctionFolder(Path.GetFileName(Path.GetDirectoryName(file)!), JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("bindings")))
            .OrderBy(function => function.Name, StringComparer.OrdinalIgnoreCase),
    ];

    public JsonElement? Find(string type) => Bindings.EnumerateArray().Select(one => (JsonElement?)one).FirstOrDefault(one => one!.Value.GetProperty("type").GetString() == type);

    /// <summary>The name of the binding of a type; null when there is none.</summary>
    public string? NameOf(string type) => Find(type)?.GetProperty("name").GetString();

    /// <summary>Whether its requests are forwarded as they are: exactly one HTTP trigger in and one HTTP answer out.</summary>
    public bool IsForwarded => Find("httpTrigger") is not null && Find("http") is not null && Bindings.GetArrayLength() == 2;
}
