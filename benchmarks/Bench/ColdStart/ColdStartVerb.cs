using System.CommandLine;
using System.Globalization;
using Bench.Measuring;
using TestKit.PostgreSql;

namespace Bench.ColdStart;

// `coldstart`: how long the published app takes to its first answer, over an empty one that is published the same way. In turns, so that both see the same machine.
internal static class ColdStartVerb
{
    private const double Goal = 1.5;
    private const double MemoryGoal = 100e6;

    public static Command Create()
    {
        var app = new Option<string>("--app") { Description = "A folder that ./publish has made; it is made when it is not there.", DefaultValueFactory = _ => Path.Combine("artifacts", "functionapp") };
        var runs = new Option<int>("--runs") { Description = "How often each is started. Below 10 nothing is written down.", DefaultValueFactory = _ => 21 };
        var database = new Option<string>("--database") { Description = "The app's DATABASE_URL.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DATABASE_URL") ?? "" };
        var command = new Command("coldstart", "Measures the start of the published app, as the Functions host starts it, over an empty ASP.NET Core app.") { app, runs, database };
        command.SetAction((parsed, _) => RunAsync(Path.GetFullPath(parsed.GetValue(app)!), parsed.GetValue(runs), parsed.GetValue(database)!));
        return command;
    }

    private static async Task<int> RunAsync(string app, int runs, string database)
    {
        var report = new Report("Cold start");
        await using var server = await TestDatabase.CreateOnAsync(database);
        report.Note(await Machine.DescribeAsync(server.DataSource));
        var ours = await Published.AppAsync(app);
        var empty = await Published.EmptyAsync();
        List<Started> ourStarts = [], emptyStarts = [];
        // The first of each reads the file from the disk, which is not what is compared.
        for (var run = 0; run <= runs; run++)
        {
            var emptyStart = await Started.RunAsync(empty, Path.GetDirectoryName(empty)!, port => new Dictionary<string, string> { ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}" });
            var ourStart = await Started.RunAsync(ours, app, port => Published.Environment(port, server.Url));
            if (run > 0)
            {
                emptyStarts.Add(emptyStart);
                ourStarts.Add(ourStart);
            }
        }

        var (took, baseline) = (new Latencies(ourStarts.Select(one => one.ToAnswer)), new Latencies(emptyStarts.Select(one => one.ToAnswer)));
        var ratio = took.Median / baseline.Median;
        report.Add(new Figure($"process start → first 200 ({runs} times)", $"median {Text.Milliseconds(took.Median)} over {Text.Milliseconds(baseline.Median)}, longest {Text.Milliseconds(took.Longest)}", $"{Goal.ToString(CultureInfo.InvariantCulture)} ×", ratio <= Goal, Text.Times(ratio)));
        var memory = Median(ourStarts.Select(one => one.MemoryLater));
        report.Add(new Figure(
            "memory 2 s after the start", $"{Text.Megabytes(memory)} (at the first answer {Text.Megabytes(Median(ourStarts.Select(one => one.MemoryAtAnswer)))}; the empty app {Text.Megabytes(Median(emptyStarts.Select(one => one.MemoryLater)))})",
            "below 100 MB", memory < MemoryGoal));
        report.Print();
        if (runs >= 10)
        {
            await PerformancePage.WriteAsync("coldstart", report.Markdown());
            Report.Say($"{PerformancePage.File} has these figures now");
        }

        return 0;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
