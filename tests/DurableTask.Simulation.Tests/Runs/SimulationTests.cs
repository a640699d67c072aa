namespace DurableTask.Simulation.Tests.Runs;

public sealed class SimulationTests(Seeds seeds) : IClassFixture<Seeds>
{
    // Together two thousand seeds.
    private const int Portion = 250;

    public static TheoryData<int> Portions => [.. Enumerable.Range(0, 8)];

    [Theory]
    [MemberData(nameof(Portions))]
    public async Task Generated_orchestrations_come_to_what_the_model_says(int portion)
    {
        var results = await seeds.RunAsync(first: 1 + ((ulong)portion * Portion), Portion);
        Assert.True(results.All(one => one.IsRight), string.Join('\n', results.Where(one => !one.IsRight).Select(one => one.Report())));
        Assert.Equal(Portion, results.Count);
        // Nothing is proven by faults that did not happen.
        var figures = Figures.Of(results);
        Assert.DoesNotContain(figures.Faults, one => one.Value < 10);
        Assert.True(figures.Joined > 5, figures.ToString());
    }

    [Fact]
    public async Task A_seed_that_is_run_again_does_the_same_in_the_same_order()
    {
        for (ulong seed = 1; seed <= 25; seed++)
        {
            var twice = await seeds.OnEachAsync(seed);
            Assert.Equal(twice[0].Trace, twice[1].Trace);
            Assert.True(twice[0].Trace.Count > 5, $"seed {seed} did nothing");
        }
    }
}
