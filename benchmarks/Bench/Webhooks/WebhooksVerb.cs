using System.CommandLine;
using System.Diagnostics;
using Bench.Measuring;

namespace Bench.Webhooks;

// `webhooks`: deliveries of GitHub that the app takes, over what a bare endpoint with one insert takes. In turns, so that both see the same machine.
internal static class WebhooksVerb
{
    private const double Goal = 0.8;
    private static readonly TimeSpan LatencyGoal = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var database = new Option<string>("--database") { Description = "A PostgreSQL server on this machine, as DATABASE_URL; the run makes a database of its own there.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DATABASE_URL") ?? "" };
        var connections = new Option<int>("--connections") { Description = "How many deliveries are under way at a time.", DefaultValueFactory = _ => 64 };
        var seconds = new Option<double>("--seconds") { Description = "How long each turn is measured. Below 5, or with other connections, nothing is written down.", DefaultValueFactory = _ => 6 };
        var turns = new Option<int>("--turns") { Description = "How many turns each has.", DefaultValueFactory = _ => 3 };
        var command = new Command("webhooks", "Measures how many deliveries of GitHub are taken, beside a bare endpoint with one insert, and how long an answer takes at half of that load.") { database, connections, seconds, turns };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(database)!, parsed.GetValue(connections), TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(turns), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string database, int connections, TimeSpan time, int turns, CancellationToken cancellation)
    {
        var report = new Report("Webhooks");
        await using var stage = await WebhookStage.SetAsync(database, connections, cancellation);
        report.Note(await Machine.DescribeAsync(stage.Database.DataSource));
        var whole = time >= TimeSpan.FromSeconds(5) && connections == 64 && turns >= 3;
        var warmUp = whole ? WarmUp : TimeSpan.Zero;
        var (bare, app, work, behind) = (new Turns(), new Turns(), new Turns(), TimeSpan.Zero);
        // Everybody is compiled before it counts.
        await Task.WhenAll(stage.ToBare.FloodAsync(TimeSpan.Zero, 2 * warmUp), stage.ToApp.FloodAsync(TimeSpan.Zero, 2 * warmUp));
        for (var turn = 1; turn <= turns; turn++)
        {
            await bare.AddAsync(stage, stage.ToBare, stage.BareEndpoint, warmUp, time);
            await app.AddAsync(stage, stage.ToApp, stage.App, warmUp, time);
            // Shorter: what is handled more slowly than it comes has to be waited for.
            await work.AddAsync(stage, stage.ToAppWithWork, stage.App, TimeSpan.Zero, time / 3);
            var since = Stopwatch.GetTimestamp();
            await stage.UntilHandledAsync();
            behind += Stopwatch.GetElapsedTime(since);
            Report.Say($"turn {turn}: {Text.PerSecond(app.Rate)} and {Text.PerSecond(work.Rate)} over {Text.PerSecond(bare.Rate)}");
            cancellation.ThrowIfCancellationRequested();
        }

        var half = app.Rate / 2;
        await stage.SettleAsync();
        // After a checkpoint the first change of a page writes all of it to the log; ids are spread over all pages of their index, so that this goes on for some seconds.
        var (early, latencies) = await stage.ToApp.PaceAsync(half, 5 * warmUp, 2 * time);
        var (_, bareLatencies) = await stage.ToBare.PaceAsync(half, 5 * warmUp, time);
        await stage.CheckAsync();
        Compare("comments that do not name us: a row each, which is done", app, judged: true);
        Compare("comments that name us: a row each, which is handled meanwhile", work, judged: false);
        report.Add(new Figure(
            $"answer at half of that load ({Text.PerSecond(half)}), since it was due", $"{latencies}; the bare endpoint at the same load: {bareLatencies}", "p99 20 ms", latencies.P99 < LatencyGoal));
        if (early.Count > 0)
        {
            report.Note($"answers in the {5 * warmUp.TotalSeconds:0} s before these, just after a checkpoint: {early}");
        }

        report.Note($"{connections} connections, {stage.Size:#,0} bytes a delivery, {turns} turns of {time.TotalSeconds:0.#} s each");
        report.Note($"processor time of a delivery (process + PostgreSQL): bare {bare.Cost}; ours {app.Cost}, with its handling {work.Cost}");
        report.Note($"handled at {Text.PerSecond(work.Accepted / (work.Time + behind).TotalSeconds)} while and after they came in");
        report.Print();
        if (whole)
        {
            await PerformancePage.WriteAsync("webhooks", report.Markdown());
            Report.Say($"{PerformancePage.File} has these figures now");
        }

        return 0;

        void Compare(string measure, Turns ours, bool judged) => report.Add(new Figure(
            measure, $"{Text.PerSecond(ours.Rate)} over {Text.PerSecond(bare.Rate)}", judged ? "0.8 ×" : "", judged ? ours.Rate / bare.Rate >= Goal : null, Text.Times(ours.Rate / bare.Rate)));
    }
}
