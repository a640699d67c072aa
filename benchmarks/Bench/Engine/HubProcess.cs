using System.CommandLine;
using System.Text.Json;

namespace Bench.Engine;

// `hub`: a process of its own with client and worker, for the measure that runs two of them. It says "ready" and then, for each line that tells warm-up and window in seconds, what it did.
internal static class HubProcess
{
    public sealed record Share(double PerSecond, int Published);

    public static Command CreateVerb()
    {
        var connection = new Argument<string>("connection");
        var inFlight = new Argument<int>("in-flight");
        var command = new Command("hub", "One process of the measure 'processes'.") { connection, inFlight };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var hub = await Hub.StartAsync(parsed.GetValue(connection)!);
            var person = new Person(hub.Client, null);
            Console.WriteLine("ready");
            // Until the input ends: the last workflows of another process may need this worker.
            while (await Console.In.ReadLineAsync(cancellation) is { } line)
            {
                var seconds = JsonSerializer.Deserialize<double[]>(line)!;
                var before = hub.Announcements.Published;
                var rate = await Load.RunAsync(person, parsed.GetValue(inFlight), TimeSpan.FromSeconds(seconds[0]), TimeSpan.FromSeconds(seconds[1]));
                Console.WriteLine(JsonSerializer.Serialize(new Share(rate, hub.Announcements.Published - before)));
            }

            return 0;
        });
        return command;
    }
}
