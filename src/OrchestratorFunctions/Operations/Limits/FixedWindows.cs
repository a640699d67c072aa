using System.Collections.Concurrent;

namespace OrchestratorFunctions.Operations.Limits;

/// <summary>What came of counting one more.</summary>
/// <param name="Allowed">Within the limit.</param>
/// <param name="RetryAfter">When not: until the window ends, at least a second.</param>
/// <param name="IsFirstRefusal">The first beyond the limit in this window: the one to log.</param>
internal readonly record struct Taken(bool Allowed, TimeSpan RetryAfter, bool IsFirstRefusal);

/// <summary>Counts in fixed windows, for each key its own. The framework's limiters have a clock of their own and a limit that is fixed when they are made; ours changes live.</summary>
internal sealed class FixedWindows(TimeProvider time)
{
    // An attacker with many addresses costs this much memory and no more.
    private const int MostKeys = 10_000;
    private readonly ConcurrentDictionary<string, (long Start, int Count)> windows = new(StringComparer.Ordinal);

    public Taken Take(string key, RateLimit limit)
    {
        var now = time.GetTimestamp();
        if (windows.Count >= MostKeys && !windows.ContainsKey(key))
        {
            Forget(limit, now);
        }

        var (start, count) = windows.AddOrUpdate(key, _ => (now, 1), (_, last) => time.GetElapsedTime(last.Start, now) >= limit.Window ? (now, 1) : (last.Start, last.Count + 1));
        var left = limit.Window - time.GetElapsedTime(start, now);
        return new Taken(count <= limit.Count, left < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : left, count == limit.Count + 1);
    }

    private void Forget(RateLimit limit, long now)
    {
        foreach (var (key, last) in windows)
        {
            if (time.GetElapsedTime(last.Start, now) >= limit.Window)
            {
                windows.TryRemove(key, out _);
            }
        }

        // All of them busy: beginning anew lets some through, growing without end would let everybody down.
        if (windows.Count >= MostKeys)
        {
            windows.Clear();
        }
    }
}
