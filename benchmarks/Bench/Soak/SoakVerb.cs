using System.CommandLine;
using Bench.Measuring;

namespace Bench.Soak;

// `soak`: the app for a while under load and faults. Nothing may grow, and nothing may be lost.
internal static class SoakVerb
{
    // Shorter runs end before anything could have grown.
    private const double ShortestJudged = 5;

    public static Command Create()
    {
        var database = new Option<string>("--database") { Description = "A PostgreSQL server on this machine, as DATABASE_URL; the run makes a database of its own there.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DATABASE_URL") ?? "" };
        var app = new Option<string>("--app") { Description = "The app's executable.", DefaultValueFactory = _ => "src/OrchestratorFunctions/bin/Release/net10.0/OrchestratorFunctions" };
        var minutes = new Option<double>("--minutes") { Description = "How long.", DefaultValueFactory = _ => 10 };
        var people = new Option<int>("--people") { Description = "How many play at a time.", DefaultValueFactory = _ => 8 };
        var command = new Command("soak", "Runs the app under load and faults: are memory, connections and latency flat, and do the invariants hold at the end?") { database, app, minutes, people };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(app)!, parsed.GetValue(database)!, TimeSpan.FromMinutes(parsed.GetValue(minutes)), parsed.GetValue(people), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string app, string database, TimeSpan time, int people, CancellationToken cancellation)
    {
        var report = new Report($"{time.TotalMinutes:0.#} minutes with {people} people at a time");
        await using var stage = await SoakStage.SetAsync(app, database, cancellation);
        report.Note(await Machine.DescribeAsync(stage.Database.DataSource));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(time);
        var crowd = new Crowd(stage, people);
        var watch = new Watch(stage);
        var faults = new Faults(stage);
        await Task.WhenAll(crowd.PlayAsync(end.Token), watch.LookAsync(end.Token), faults.CauseAsync(end.Token));
        cancellation.ThrowIfCancellationRequested();

        Report.Say("the people stop; everything that was accepted is brought to its end");
        var broken = await Invariants.BrokenAsync(stage);
        watch.Into(report, time.TotalMinutes >= ShortestJudged);
        report.Add(new Figure("projects completed", crowd.Completed > 0 ? $"{crowd.Completed}, the whole way in {crowd.Ways.Median.TotalSeconds:0.0} s (median)" : "none"));
        report.Add(new Figure("faults", $"{faults.Kills} kills (-9) of a process, {faults.Cut} connections cut", "at least one of each", faults.Kills > 0 && faults.Cut > 0));
        report.Add(new Figure("invariants at the end", broken.Count == 0 ? "all hold" : string.Join("; ", broken), "all hold", broken.Count == 0));
        report.Print();
        return broken.Count == 0 && crowd.Completed > 0 ? 0 : 1;
    }
}
