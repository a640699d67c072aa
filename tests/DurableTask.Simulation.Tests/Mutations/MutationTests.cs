using DurableTask.Simulation.Tests.Runs;

namespace DurableTask.Simulation.Tests.Mutations;

public sealed class MutationTests(Seeds seeds) : IClassFixture<Seeds>
{
    // Far more than any of them needs.
    private const int Most = 600;

    public static TheoryData<string> Guards => [.. Mutation.All.Select(one => one.Guard)];

    [Theory]
    [MemberData(nameof(Guards))]
    public async Task The_simulation_fails_without_the_guard(string guard)
    {
        var mutation = Mutation.All.Single(one => one.Guard == guard);
        var results = await seeds.RunAsync(mutation.First, Most, mostFailed: 1, mutation);
        Assert.True(mutation.IsApplied);
        Assert.Contains(results, one => !one.IsRight);
    }
}
