using System.Diagnostics;
using Bench.Measuring;
using DurableTask;

namespace Bench.Engine;

// Does a step cost more when there is much history behind it? Warm: long and short in turns, so that both see the same machine. Cold: after a restart.
internal static class History
{
    private const int Steps = 10;
    private const int ShortActivities = 5;
    private const int Restarts = 5;

    public static async Task RunAsync(Stage stage)
    {
        await using var database = await stage.DatabaseAsync();
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var activities = stage.Count(5_000);
        string[] shorts = [.. Enumerable.Range(0, stage.Count(100)).Select(one => $"short-{one}")];
        await using (var hub = await Hub.StartAsync(database.ConnectionString))
        {
            await GrowAsync(hub, "long", activities, late.Token);
            List<TimeSpan> few = [], many = [];
            foreach (var one in shorts)
            {
                await GrowAsync(hub, one, ShortActivities, late.Token);
                few.AddRange(await StepAsync(hub, one, late.Token));
                many.AddRange(await StepAsync(hub, "long", late.Token));
            }

            // The first rounds warm the code up.
            var (shortStep, longStep) = (new Latencies(few.Skip(few.Count / 5)), new Latencies(many.Skip(many.Count / 5)));
            var ratio = longStep.Median / shortStep.Median;
            stage.Report.Add(new Figure(
                $"a step after {2 * activities:#,0} events, warm, over one after {2 * ShortActivities}", $"{Text.Milliseconds(longStep.Median)} over {Text.Milliseconds(shortStep.Median)}",
                "1.2 ×", stage.Judge(ratio <= 1.2), Text.Times(ratio)));
        }

        await ColdAsync(stage, database.ConnectionString, activities, shorts, late.Token);
    }

    // From the event to the activity of the first step: loading, replay and the step itself. The first instances after the restart warm the code up.
    private static async Task ColdAsync(Stage stage, string connectionString, int activities, string[] shorts, CancellationToken cancellation)
    {
        List<TimeSpan> few = [], many = [];
        for (var restart = 0; restart < Restarts; restart++)
        {
            await using var hub = await Hub.StartAsync(connectionString);
            List<TimeSpan> woken = [];
            foreach (var one in shorts.Take(20))
            {
                woken.Add(await WakeAsync(hub, one, cancellation));
            }

            few.AddRange(woken.Skip(woken.Count / 2));
            many.Add(await WakeAsync(hub, "long", cancellation));
        }

        var cold = new Latencies(many);
        stage.Report.Add(new Figure(
            $"event → next step of a cold instance with {2 * activities:#,0} events", $"median {Text.Milliseconds(cold.Median)}, longest {Text.Milliseconds(cold.Longest)} ({new Latencies(few).Median.TotalMilliseconds:0.0} ms with {2 * ShortActivities})",
            "150 ms", stage.Judge(cold.Median.TotalMilliseconds < 150)));
    }

    private static async Task GrowAsync(Hub hub, string id, int activities, CancellationToken cancellation)
    {
        await hub.Client.ScheduleNewOrchestrationInstanceAsync(nameof(LongHistory), activities, new StartOrchestrationOptions(id), cancellation);
        await hub.Marks.NextAsync(id, cancellation);
    }

    // From each activity of a round to the next: its result stored, the orchestrator's step, the next activity begun.
    private static async Task<List<TimeSpan>> StepAsync(Hub hub, string id, CancellationToken cancellation)
    {
        await hub.Client.RaiseEventAsync(id, "steps", Steps, cancellation);
        List<TimeSpan> took = [];
        for (var (before, step) = (await hub.Marks.NextAsync(id, cancellation), 1); step < Steps; step++)
        {
            var at = await hub.Marks.NextAsync(id, cancellation);
            took.Add(Stopwatch.GetElapsedTime(before, at));
            before = at;
        }

        return took;
    }

    private static async Task<TimeSpan> WakeAsync(Hub hub, string id, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        await hub.Client.RaiseEventAsync(id, "steps", 1, cancellation);
        return Stopwatch.GetElapsedTime(began, await hub.Marks.NextAsync(id, cancellation));
    }
}
