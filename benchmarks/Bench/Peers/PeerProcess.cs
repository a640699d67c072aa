using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Bench.Engine;
using Bench.Measuring;

namespace Bench.Peers;

// Runs a peer's harness (benchmarks/peers/NAME) in Node: installed from its lock file into .local/peers/NAME, where nothing is checked in.
internal static class PeerProcess
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    private sealed record Single(int Count, double Median, double P99);

    private sealed record Answer(Dictionary<int, double> Throughput, Single Single);

    public static async Task<ApprovalRun> RunAsync(string name, Dictionary<string, object> settings, Stage stage)
    {
        var folder = await InstallAsync(name.ToLowerInvariant());
        settings["warmUp"] = stage.WarmUp.TotalMilliseconds;
        settings["window"] = stage.Time(8).TotalMilliseconds;
        await using var node = Child.Start("node", ["approval.mjs", JsonSerializer.Serialize(settings)], folder, new Dictionary<string, string> { ["NODE_NO_WARNINGS"] = "1" });
        var answer = JsonSerializer.Deserialize<Answer>(await node.ReadLineAsync(TimeSpan.FromMinutes(3)), Web)!;
        await node.EndAsync(TimeSpan.FromSeconds(30));
        return new ApprovalRun(answer.Throughput, answer.Single.Count, TimeSpan.FromMilliseconds(answer.Single.Median), TimeSpan.FromMilliseconds(answer.Single.P99));
    }

    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners)
        {
            listener.Start();
        }

        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners)
        {
            listener.Dispose();
        }

        return ports;
    }

    private static async Task<string> InstallAsync(string name)
    {
        var source = Path.Combine("benchmarks", "peers", name);
        var target = Directory.CreateDirectory(Path.Combine(".local", "peers", name)).FullName;
        var stamp = Path.Combine(target, "installed.json");
        foreach (var file in Directory.EnumerateFiles(source).Append(Path.Combine("benchmarks", "peers", "load.mjs")))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        }

        var wanted = await File.ReadAllTextAsync(Path.Combine(source, "package-lock.json"));
        if (!File.Exists(stamp) || await File.ReadAllTextAsync(stamp) != wanted)
        {
            Report.Say($"installing {name} ...");
            // Scripts of packages are not run: none is needed, and one of them reports to its makers.
            await using var npm = Child.Start("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], target);
            await npm.EndAsync(TimeSpan.FromMinutes(3));
            await File.WriteAllTextAsync(stamp, wanted);
        }

        return target;
    }
}
