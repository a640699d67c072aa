using System.Diagnostics;
using Bench.Measuring;

namespace Bench.Webhooks;

// All turns of one kind of delivery, and the processor time that they took.
internal sealed class Turns
{
    private long counted;
    private TimeSpan measured;
    private TimeSpan process;
    private TimeSpan? database = TimeSpan.Zero;

    public double Rate => counted / measured.TotalSeconds;

    // The warm-ups too.
    public long Accepted { get; private set; }

    public TimeSpan Time { get; private set; }

    public string Cost => $"{Each(process)} + {(database is { } time ? Each(time) : "unknown")}";

    public async Task AddAsync(WebhookStage stage, Hook hook, int processId, TimeSpan warmUp, TimeSpan time)
    {
        var (before, since, cpu) = (hook.Accepted, Stopwatch.GetTimestamp(), Proc.TimeOfTree(processId));
        var window = await CpuWindow.OpenAsync(stage.Database.DataSource);
        var (count, took) = await hook.FloodAsync(warmUp, time);
        var use = window.Close();
        process += Proc.TimeOfTree(processId) - cpu;
        database += use.Database * use.Wall;
        (counted, measured) = (counted + count, measured + took);
        Accepted += hook.Accepted - before;
        Time += Stopwatch.GetElapsedTime(since);
    }

    private string Each(TimeSpan time) => $"{time.TotalMilliseconds / Accepted:0.000} ms";
}
