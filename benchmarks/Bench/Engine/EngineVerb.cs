using System.CommandLine;
using Bench.Measuring;

namespace Bench.Engine;

// `engine`: the durable engine, by the measures of its goals.
internal static class EngineVerb
{
    public static Command Create()
    {
        var database = new Option<string>("--database") { Description = "A PostgreSQL server on this machine, as DATABASE_URL; each measure makes a database of its own there.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DATABASE_URL") ?? "" };
        var only = new Option<string>("--only") { Description = $"Only these, separated by commas:\n{string.Join('\n', Measure.All.Select(measure => $"{measure.Name}: {measure.About}"))}" };
        var peers = new Option<bool>("--peers") { Description = "Measure DBOS and Restate too, with the same workflow and client. They are installed from npm into .local/peers." };
        var scale = new Option<double>("--scale") { Description = "Factor for counts and seconds. Below 1 goals are not judged.", DefaultValueFactory = _ => 1 };
        var command = new Command("engine", "Measures the durable engine, and says which goals are met.") { database, only, peers, scale };
        command.Validators.Add(result =>
        {
            if (Chosen(result.GetValue(only)) is { Length: 0 })
            {
                result.AddError($"--only names no measure; there are {string.Join(", ", Measure.All.Select(measure => measure.Name))}.");
            }
        });
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(database)!, Chosen(parsed.GetValue(only)), parsed.GetValue(peers), parsed.GetValue(scale)));
        return command;
    }

    private static Measure[] Chosen(string? only) => string.IsNullOrEmpty(only) ? [.. Measure.All]
        : only.Split(',', StringSplitOptions.TrimEntries) is var names && names.All(name => Measure.All.Any(measure => measure.Name == name)) ? [.. Measure.All.Where(measure => names.Contains(measure.Name))]
        : [];

    private static async Task<int> RunAsync(string database, Measure[] measures, bool peers, double scale)
    {
        var report = new Report("The durable engine");
        var stage = new Stage(database, scale, report, peers);
        await using (var server = await stage.DatabaseAsync())
        {
            report.Note(await Machine.DescribeAsync(server.DataSource));
        }

        foreach (var measure in measures)
        {
            Report.Say($"-- {measure.Name}: {measure.About}");
            await measure.RunAsync(stage);
        }

        report.Print();
        if (stage.IsWhole && measures.Length == Measure.All.Count)
        {
            await PerformancePage.WriteAsync("engine", report.Markdown());
            Report.Say($"{PerformancePage.File} has these figures now");
        }

        return 0;
    }
}
