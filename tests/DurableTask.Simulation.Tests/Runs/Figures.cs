using DurableTask.Simulation.Tests.Hub;

namespace DurableTask.Simulation.Tests.Runs;

// What happened in a seed, or in many, so that one sees that something did.
internal sealed record Figures(long Statements, long Workflows, long Runs, long Joined, IReadOnlyDictionary<Fault, int> Faults)
{
    public static Figures Of(IEnumerable<SeedResult> results)
    {
        List<Figures> all = [.. results.Select(one => one.Figures)];
        return new Figures(
            all.Sum(one => one.Statements), all.Sum(one => one.Workflows), all.Sum(one => one.Runs), all.Sum(one => one.Joined),
            Enum.GetValues<Fault>().ToDictionary(fault => fault, fault => all.Sum(one => one.Faults.GetValueOrDefault(fault))));
    }

    public override string ToString() =>
        $"{Workflows} workflows, {Runs} runs of activities, {Statements} batches of statements, {Joined} steps that became true with the one before, faults: {string.Join(", ", Faults.Select(one => $"{one.Value} {one.Key}"))}";
}
