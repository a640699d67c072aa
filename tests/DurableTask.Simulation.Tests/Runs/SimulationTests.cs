namespace DurableTask.Simulation.Tests.Runs;

public sealed class SimulationTests(Seeds seeds) : IClassFixture<Seeds>
{
    [Fact]
    public async Task Two_thousand_seeds_of_generated_orchestrations_come_to_what_the_model_says()
    {
        var results = await seeds.RunAsync(first: 1, number: 2000);
        Assert.True(results.All(one => one.IsRight), string.Join('\n', results.Where(one => !one.IsRight).Select(one => one.Report())));
        Assert.Equal(2000, results.Count);
        // Nothing is proven by faults that did not happen.
        Assert.DoesNotContain(Figures.Of(results).Faults, one => one.Value < 100);
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
