using System.Diagnostics;
using Bench.Measuring;
using DurableTask;
using Npgsql;

namespace Bench.Engine;

// What many waiting workflows cost while nothing happens, and whether one of them wakes up as quickly as on an empty hub.
internal static class Idle
{
    private const int Starters = 128;
    private const int Woken = 300;

    public static async Task RunAsync(Stage stage)
    {
        await using var database = await stage.DatabaseAsync();
        await using var quiet = await stage.DatabaseAsync();
        var woken = stage.Count(Woken);
        var many = stage.Count(100_000);
        await using (var hub = await Hub.StartAsync(quiet.ConnectionString))
        {
            await FillAsync(hub, "few", 0, woken);
        }

        List<double> heap = [];
        await using (var hub = await Hub.StartAsync(database.ConnectionString))
        {
            var began = Stopwatch.GetTimestamp();
            heap.Add(Heap());
            await FillAsync(hub, "many", 0, many / 2);
            heap.Add(Heap());
            await FillAsync(hub, "many", many / 2, many);
            heap.Add(Heap());
            stage.Report.Note($"{many:#,0} workflows came to wait in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s");
            await SettleAsync(database.DataSource, stage.Time(2));
            var window = await CpuWindow.OpenAsync(database.DataSource);
            await Task.Delay(stage.Time(20));
            var idle = window.Close();
            // Were something of every instance kept in memory, the second half would add as much as the first.
            var bounded = heap[2] - heap[1] < 0.1 * heap[1] + 5_000_000;
            stage.Report.Add(new Figure($"idle, {many:#,0} waiting: our processor time", $"{Text.Percent(idle.Ours)} of a core (PostgreSQL {Text.Percent(idle.Database ?? double.NaN)})", "1 % of a core", stage.Judge(idle.Ours < 0.01)));
            stage.Report.Add(new Figure(
                "idle: managed heap, empty → half → all waiting", $"{string.Join(" → ", heap.Select(Text.Megabytes))} (process {Text.Megabytes(Environment.WorkingSet)})", "bounded", stage.Judge(bounded)));
        }

        var (empty, full) = await WakeAsync(quiet.ConnectionString, database.ConnectionString, woken, many / woken);
        var ratio = full.Median / empty.Median;
        stage.Report.Add(new Figure(
            $"cold wake-up among {many:#,0} waiting over an empty hub ({woken} times)", $"median {Text.Milliseconds(full.Median)}, p99 {Text.Milliseconds(full.P99)} over {Text.Milliseconds(empty.Median)}, {Text.Milliseconds(empty.P99)}",
            "1.2 ×", stage.Judge(ratio <= 1.2), Text.Times(ratio)));
    }

    private static string Id(string name, int one) => $"{name}-{one}";

    // Each is started and has asked for its approval.
    private static async Task FillAsync(Hub hub, string name, int from, int to)
    {
        var next = from - 1;
        var announced = hub.Announcements.Announced;
        await Task.WhenAll(Enumerable.Range(0, Starters).Select(_ => Task.Run(async () =>
        {
            for (var one = Interlocked.Increment(ref next); one < to; one = Interlocked.Increment(ref next))
            {
                await hub.Client.ScheduleNewOrchestrationInstanceAsync(nameof(Approval), Id(name, one), new StartOrchestrationOptions(Id(name, one)));
            }
        })));
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        while (hub.Announcements.Announced - announced < to - from)
        {
            await Task.Delay(20, late.Token);
        }
    }

    // New workers: nothing of the instances is in their memory. The two take turns, so that both see the same machine. Some are woken before, which warms code and connections up.
    private static async Task<(Latencies Empty, Latencies Full)> WakeAsync(string quiet, string crowded, int woken, int apart)
    {
        await using var few = await Hub.StartAsync(quiet);
        await using var many = await Hub.StartAsync(crowded);
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        List<TimeSpan> empty = [], full = [];
        for (var one = 0; one < woken; one++)
        {
            empty.Add(await WakeAsync(few, Id("few", one), late.Token));
            // Every n-th of them, so that neither caches of ours nor one page of the database hold them together.
            full.Add(await WakeAsync(many, Id("many", one * apart), late.Token));
        }

        return (new Latencies(empty.Skip(woken / 3)), new Latencies(full.Skip(woken / 3)));
    }

    private static async Task<TimeSpan> WakeAsync(Hub hub, string id, CancellationToken cancellation)
    {
        var took = await Person.DecideAsync(hub.Client, id, cancellation);
        await Task.Delay(5, cancellation);
        return took;
    }

    // What the load left to do for the database (vacuum, checkpoint) is done at once: it would come sooner or later, and is not a cost of waiting.
    private static async Task SettleAsync(NpgsqlDataSource source, TimeSpan rest)
    {
        foreach (var text in (string[])["vacuum analyze", "checkpoint"])
        {
            await using var command = source.CreateCommand(text);
            command.CommandTimeout = 120;
            await command.ExecuteNonQueryAsync();
        }

        await Task.Delay(rest);
    }

    private static double Heap()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
