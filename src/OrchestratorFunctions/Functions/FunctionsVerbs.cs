using System.CommandLine;
using DurableTask.AzureFunctions;

namespace OrchestratorFunctions.Functions;

/// <summary><c>functions export DIR</c>: what the Functions host has to know of this app.</summary>
internal static class FunctionsVerbs
{
    public static Command Create(Func<WebApplication> build)
    {
        var folder = new Argument<DirectoryInfo>("dir") { Description = "The script root: where host.json is." };
        var export = new Command("export", "Write a folder with function.json for each function; those of functions that are no more are removed.") { folder };
        export.SetAction(async (parsed, cancellationToken) =>
        {
            var to = parsed.GetValue(folder)!.FullName;
            await using var app = build();
            var count = Manifest(app).WriteTo(to);
            await Console.Out.WriteLineAsync($"{count} functions in {to}");
            return 0;
        });
        return new Command("functions", "The Azure Functions app.") { export };
    }

    /// <summary>The manifest of everything that <paramref name="app"/> serves and runs.</summary>
    public static FunctionManifest Manifest(WebApplication app) =>
        new(App.Tasks(), AppFunctions.Triggers(), HttpFunction.Of(((IEndpointRouteBuilder)app).DataSources));
}
