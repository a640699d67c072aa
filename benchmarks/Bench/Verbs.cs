using System.CommandLine;
using Bench.ColdStart;
using Bench.Cost;
using Bench.Engine;
using Bench.Soak;
using Bench.Webhooks;

namespace Bench;

// One verb per benchmark, each in a folder of its own.
internal static class Verbs
{
    public static RootCommand Root() => new("Measures Project Orchestrator on this machine.")
    {
        EngineVerb.Create(),
        ColdStartVerb.Create(),
        CostVerb.Create(),
        HubProcess.CreateVerb(),
        SoakVerb.Create(),
        WebhooksVerb.Create(),
    };

    public static Task<int> RunAsync(string[] args) => Root().Parse(args).InvokeAsync();
}
