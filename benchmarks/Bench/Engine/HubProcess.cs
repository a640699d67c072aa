using System.CommandLine;
using System.Text.Json;
using Bench.Measuring;

namespace Bench.Engine;

// `hub`: a process of its own with client and worker, for the measure that runs two of them. It says "ready", waits for a line, works, and says what it did.
internal static class HubProcess
{
    public sealed record Share(double PerSecond, int Published);

    public static Command CreateVerb()
    {
        var connection = new Argument<string>("connection");
        var inFlight = new Argument<int>("in-flight");
        var warmUp = new Argument<double>("warm-up");
        var window = new Argument<double>("window");
        var command = new Command("hub", "One process of the measure 'processes'.") { connection, inFlight, warmUp, window };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var hub = await Hub.StartAsync(parsed.GetValue(connection)!);
            Console.WriteLine("ready");
            await Console.In.ReadLineAsync(cancellation);
            var rate = await Load.RunAsync(
                new Person(hub.Client, null), parsed.GetValue(inFlight), TimeSpan.FromSeconds(parsed.GetValue(warmUp)), TimeSpan.FromSeconds(parsed.GetValue(window)));
            Console.WriteLine(JsonSerializer.Serialize(new Share(rate, hub.Announcements.Published)));
            // Until the other one is done too: its last workflows may need this worker.
            await Console.In.ReadLineAsync(cancellation);
            return 0;
        });
        return command;
    }

    public static async Task<Share[]> RunAsync(string connectionString, int processes, int inFlight, TimeSpan warmUp, TimeSpan window)
    {
        var children = Enumerable.Range(0, processes).Select(_ => Child.Start(
            "dotnet", [typeof(HubProcess).Assembly.Location, "hub", connectionString, $"{inFlight / processes}", $"{warmUp.TotalSeconds}", $"{window.TotalSeconds}"])).ToArray();
        try
        {
            await Task.WhenAll(children.Select(child => child.ReadLineAsync(TimeSpan.FromSeconds(30))));
            await Task.WhenAll(children.Select(child => child.WriteLineAsync("go")));
            var lines = await Task.WhenAll(children.Select(child => child.ReadLineAsync(warmUp + window + TimeSpan.FromSeconds(60))));
            await Task.WhenAll(children.Select(child => child.WriteLineAsync("end")));
            await Task.WhenAll(children.Select(child => child.EndAsync(TimeSpan.FromSeconds(30))));
            return [.. lines.Select(line => JsonSerializer.Deserialize<Share>(line)!)];
        }
        finally
        {
            foreach (var child in children)
            {
                await child.DisposeAsync();
            }
        }
    }
}
