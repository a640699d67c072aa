using System.CommandLine;
using Bench.ColdStart;
using Bench.Measuring;

namespace Bench.Cost;

// `cost`: what a chat message and a workflow cost, on each engine, by the counters of the database and of the stand-in host.
internal static class CostVerb
{
    private static readonly string[] Answers =
    [
        "A web page where my bakery's customers order bread the evening before", "My regular customers, about two hundred", "People ring while we bake and we forget orders",
        "Choose breads, choose a time, see the list in the morning", "They open the page and pick", "If eight of ten orders come through the page", "That is everything, please go on",
    ];

    public static Command Create()
    {
        var app = new Option<string>("--app") { Description = "A folder that ./publish has made; it is made when it is not there.", DefaultValueFactory = _ => Path.Combine("artifacts", "functionapp") };
        var messages = new Option<int>("--messages") { Description = "How many chat messages are counted. Below 20 nothing is written down.", DefaultValueFactory = _ => 20 };
        var database = new Option<string>("--database") { Description = "A PostgreSQL server, as DATABASE_URL.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DATABASE_URL") ?? "" };
        var command = new Command("cost", "Counts what a chat message and a whole workflow cost on each engine.") { app, messages, database };
        command.SetAction((parsed, _) => RunAsync(Path.GetFullPath(parsed.GetValue(app)!), parsed.GetValue(messages), parsed.GetValue(database)!));
        return command;
    }

    private static async Task<int> RunAsync(string app, int messages, string database)
    {
        await Published.AppAsync(app);
        var report = new Report("What it costs");
        foreach (var underHost in new[] { false, true })
        {
            await using var played = await Played.StartAsync(app, database, underHost);
            if (!underHost)
            {
                report.Note(await Machine.DescribeAsync(played.Database.DataSource));
            }

            await MeasureAsync(played, report, underHost ? "Functions host" : "PostgreSQL engine", messages);
        }

        report.Print();
        if (messages >= 20)
        {
            await PerformancePage.WriteAsync("cost", report.Markdown());
            Report.Say($"{PerformancePage.File} has these figures now");
        }

        return 0;
    }

    private static async Task MeasureAsync(Played played, Report report, string engine, int messages)
    {
        Task<Spent> NowAsync() => Spent.ReadAsync(played.Database.DataSource, played.Host);
        Task<Kept> KeptAsync() => Kept.ReadAsync(played.Database.DataSource);

        // The talk before the work; its messages are those that are counted, then as many more as are asked for.
        await played.SayAsync(Answers[0]);
        var (keptBefore, before) = (await KeptAsync(), await NowAsync());
        List<TimeSpan> took = [];
        foreach (var answer in Answers.Skip(1).TakeWhile(_ => !played.IsOffered))
        {
            took.Add(await played.SayAsync(answer));
        }

        while (took.Count < messages)
        {
            took.Add(await played.SayAsync($"One more thing: idea number {took.Count}"));
        }

        var talked = (await NowAsync()).Since(before);
        var keptTalk = await KeptAsync();
        report.Add(new Figure($"{engine}: a chat message ({took.Count} times)", $"{talked.Each(took.Count, played.Host is not null)}; answered after {Text.Milliseconds(new Latencies(took).Median)}"));
        report.Note($"{engine}, a chat message leaves {keptTalk.Since(keptBefore, took.Count)}");

        before = await NowAsync();
        var worked = await played.WorkAsync();
        var spent = (await NowAsync()).Since(before);
        report.Add(new Figure($"{engine}: a workflow, from the vision to the validated report", $"{spent.Each(1, played.Host is not null)}; {Text.Seconds(worked)}, most of it the pauses between looks at the coding agent"));
        report.Note($"{engine}, a workflow leaves {(await KeptAsync()).Since(keptTalk, 1)}");
    }
}
