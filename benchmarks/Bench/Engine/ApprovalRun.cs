using Bench.Measuring;

namespace Bench.Engine;

// What somebody did in one run: workflows finished per second, by how many are in flight, and how long one at a time takes.
internal sealed record ApprovalRun(IReadOnlyDictionary<int, double> PerSecond, int Singles, TimeSpan Median, TimeSpan P99)
{
    // Of several runs the better figure, each for itself.
    public static ApprovalRun Best(IReadOnlyCollection<ApprovalRun> runs) => new(
        runs.First().PerSecond.Keys.ToDictionary(inFlight => inFlight, inFlight => runs.Max(run => run.PerSecond[inFlight])),
        runs.Sum(run => run.Singles), runs.Min(run => run.Median), runs.Min(run => run.P99));

    public string Latency => $"median {Text.Milliseconds(Median)}, p99 {Text.Milliseconds(P99)}";

    public override string ToString() => $"{string.Join(", ", PerSecond.Select(one => $"{one.Key} in flight {Text.PerSecond(one.Value)}"))}, one at a time {Latency} ({Singles} times)";
}

// Who runs the approvals: we, or a peer with the same workflow and client.
internal sealed record Contender(string Name, Func<Stage, Task<ApprovalRun>> RunAsync);
