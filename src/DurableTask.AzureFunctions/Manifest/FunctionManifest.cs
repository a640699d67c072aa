using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DurableTask.AzureFunctions;

/// <summary>What the Functions host has to know of this app: each function with its bindings, as <c>function.json</c> folders. Made from what the process
/// serves and runs, so that no function can be forgotten.</summary>
public sealed partial class FunctionManifest
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly SortedDictionary<string, JsonArray> functions = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes the manifest of everything that is registered and served.</summary>
    /// <param name="tasks">The orchestrators and activities.</param>
    /// <param name="triggers">The timers, queues and hub-bound HTTP functions.</param>
    /// <param name="routes">The app's own HTTP routes, which are forwarded to it raw.</param>
    /// <exception cref="InvalidOperationException">A name or route is one that the host would not serve, or would serve differently than this app does.</exception>
    public FunctionManifest(DurableTaskRegistry tasks, FunctionTriggers triggers, IEnumerable<HttpFunction> routes)
    {
        foreach (var name in tasks.Orchestrators.Select(one => one.Name).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            Add(name, Binding("orchestrationTrigger", "in", "context"), Bindings.Hub);
        }

        foreach (var name in tasks.Activities)
        {
            Add(name, Binding("activityTrigger", "in", "input"), Bindings.Hub);
        }

        foreach (var trigger in triggers.All)
        {
            Add(trigger.Name, [.. trigger.Bindings.Select(one => one.DeepClone().AsObject())]);
        }

        var http = routes.ToArray();
        foreach (var route in http)
        {
            // Exactly these two: with any further binding the host wraps the request, and the bytes that a signature covers are lost.
            Add(route.Name, [.. Bindings.Http(route).Select(one => one.DeepClone().AsObject())]);
        }

        HttpRoutes.Check(http, [.. triggers.All.Select(one => one.Http).OfType<HttpFunction>()]);
    }

    /// <summary>The names of the functions, which are the names of their folders.</summary>
    public IEnumerable<string> Names => functions.Keys;

    /// <summary>The text of a function's <c>function.json</c>.</summary>
    /// <param name="name">The function.</param>
    public string Json(string name) => new JsonObject { ["bindings"] = functions[name].DeepClone() }.ToJsonString(Indented) + "\n";

    /// <summary>Writes a folder for each function. Folders of functions that are no more are removed; what is not a function's folder stays.</summary>
    /// <param name="directory">The script root of the app; made when it is not there.</param>
    /// <returns>How many functions there are.</returns>
    public int WriteTo(string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (var folder in Directory.EnumerateDirectories(directory).Where(folder => File.Exists(Path.Combine(folder, "function.json")) && !functions.ContainsKey(Path.GetFileName(folder))))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach (var name in functions.Keys)
        {
            var folder = Directory.CreateDirectory(Path.Combine(directory, name));
            File.WriteAllText(Path.Combine(folder.FullName, "function.json"), Json(name), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        }

        return functions.Count;
    }

    internal static JsonObject Binding(string type, string direction, string name) => new() { ["type"] = type, ["direction"] = direction, ["name"] = name };

    private void Add(string name, params JsonObject[] bindings)
    {
        if (!FunctionName().IsMatch(name))
        {
            throw new InvalidOperationException($"'{name}' cannot be a function: a name begins with a letter and has up to 128 letters, digits, '_' and '-'.");
        }

        if (!functions.TryAdd(name, new JsonArray([.. bindings.Select(one => one.DeepClone())])))
        {
            throw new InvalidOperationException($"There are two functions named '{name}'.");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_-]{0,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex FunctionName();
}
