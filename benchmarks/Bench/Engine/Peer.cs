namespace Bench.Engine;

// What a peer did in the same run; of two runs the better figure.
internal sealed record Peer(string Name, string Version, IReadOnlyDictionary<int, double> Throughput, TimeSpan Median, TimeSpan P99)
{
    public double PerSecond(int inFlight) => Throughput[inFlight];
}
