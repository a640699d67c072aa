using System.Diagnostics;
using Bench.Measuring;
using DurableTask;

namespace Bench.Engine;

// Many timers due at one moment: how long until the last one fired, and whether one was early.
internal static class Timers
{
    private static readonly OrchestrationQuery AnyRunning = new(Statuses: [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Pending], PageSize: 1);

    public static async Task RunAsync(Stage stage)
    {
        await using var database = await stage.DatabaseAsync();
        await using var hub = await Hub.StartAsync(database.ConnectionString);
        var count = stage.Count(10_000);
        // As many again as a rehearsal, whose timers are due long ago: how long setting them takes.
        var began = Stopwatch.GetTimestamp();
        await SetAsync(hub, "rehearsal", count / 4, DateTimeOffset.UnixEpoch);
        await EndAsync(hub, count / 4);
        var due = DateTimeOffset.UtcNow + Stopwatch.GetElapsedTime(began) * 6 + TimeSpan.FromSeconds(2);
        await SetAsync(hub, "alarm", count, due);
        // All of them wait: started before the moment, and not merely stored.
        await Task.Delay(due - TimeSpan.FromMilliseconds(500) > DateTimeOffset.UtcNow ? due - TimeSpan.FromMilliseconds(500) - DateTimeOffset.UtcNow : TimeSpan.Zero);
        if (await AnyAsync(hub, new(Statuses: [OrchestrationRuntimeStatus.Pending], PageSize: 1)) || DateTimeOffset.UtcNow > due)
        {
            throw new InvalidOperationException("The timers were not all set when they were due; nothing was measured.");
        }

        await EndAsync(hub, count / 4 + count);
        var all = DateTimeOffset.UtcNow - due;
        TimeSpan[] late = [.. hub.AlarmLog.Late.Where(one => one < TimeSpan.FromDays(1))];
        var early = late.Count(one => one < TimeSpan.Zero);
        stage.Report.Add(new Figure(
            $"{count:#,0} timers due in the same second", $"last fired after {Text.Seconds(late.Max())}, all instances ended after {Text.Seconds(all)}, {early} early",
            "3 s, none early", stage.Judge(late.Max().TotalSeconds <= 3 && early == 0)));
    }

    private static Task SetAsync(Hub hub, string name, int count, DateTimeOffset due) => Parallel.ForEachAsync(
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 128 },
        async (one, cancellation) => await hub.Client.ScheduleNewOrchestrationInstanceAsync(nameof(Alarm), due, new StartOrchestrationOptions($"{name}-{one}"), cancellation));

    // So many have fired, and none is unfinished.
    private static async Task EndAsync(Hub hub, int fired)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (hub.AlarmLog.Late.Count < fired || await AnyAsync(hub, AnyRunning))
        {
            await Task.Delay(20, late.Token);
        }
    }

    private static async Task<bool> AnyAsync(Hub hub, OrchestrationQuery query)
    {
        await foreach (var _ in hub.Client.GetAllInstancesAsync(query))
        {
            return true;
        }

        return false;
    }
}
