namespace Bench.Measuring;

// Percentiles by nearest rank: each is a value that was measured.
internal sealed class Latencies(IEnumerable<TimeSpan> samples)
{
    private readonly TimeSpan[] sorted = [.. samples.Order()];

    public int Count => sorted.Length;

    public TimeSpan Median => At(0.5);

    public TimeSpan P99 => At(0.99);

    public TimeSpan Longest => At(1);

    public override string ToString() => $"median {Text.Milliseconds(Median)}, p99 {Text.Milliseconds(P99)} ({Count} times)";

    private TimeSpan At(double share) => sorted.Length == 0
        ? throw new InvalidOperationException("Nothing was measured.")
        : sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
}
