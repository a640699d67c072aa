using System.Text.Json;
using Bench.Measuring;

namespace Bench.Engine;

// One hub process or several on the same database, which share the load.
internal sealed class HubProcesses : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Child[] children;

    private HubProcesses(Child[] children) => this.children = children;

    public static async Task<HubProcesses> StartAsync(string connectionString, int processes, int inFlight)
    {
        var all = new HubProcesses([.. Enumerable.Range(0, processes).Select(_ =>
            Child.Start("dotnet", [typeof(HubProcesses).Assembly.Location, "hub", connectionString, $"{inFlight / processes}"]))]);
        try
        {
            await Task.WhenAll(all.children.Select(child => child.ReadLineAsync(Patience)));
            return all;
        }
        catch
        {
            await all.DisposeAsync();
            throw;
        }
    }

    // What each of them did, all at the same time.
    public async Task<HubProcess.Share[]> WorkAsync(TimeSpan warmUp, TimeSpan window)
    {
        await Task.WhenAll(children.Select(child => child.WriteLineAsync(JsonSerializer.Serialize<double[]>([warmUp.TotalSeconds, window.TotalSeconds]))));
        var lines = await Task.WhenAll(children.Select(child => child.ReadLineAsync(warmUp + window + Patience)));
        return [.. lines.Select(line => JsonSerializer.Deserialize<HubProcess.Share>(line)!)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in children)
        {
            await child.DisposeAsync();
        }
    }
}
