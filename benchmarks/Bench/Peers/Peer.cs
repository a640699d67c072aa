namespace Bench.Peers;

// What a peer did in the same run; of its runs the better figure, each for itself.
internal sealed record Peer(string Name, IReadOnlyDictionary<int, double> Throughput, TimeSpan Median, TimeSpan P99)
{
    public double PerSecond(int inFlight) => Throughput[inFlight];
}
