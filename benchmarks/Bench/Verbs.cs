using System.CommandLine;
using Bench.Engine;
using Bench.Soak;

namespace Bench;

// One verb per benchmark, each in a folder of its own.
internal static class Verbs
{
    public static RootCommand Root() => new("Measures Project Orchestrator on this machine.")
    {
        EngineVerb.Create(),
        HubProcess.CreateVerb(),
        SoakVerb.Create(),
    };

    public static Task<int> RunAsync(string[] args) => Root().Parse(args).InvokeAsync();
}
