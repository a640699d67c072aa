namespace DurableTask.Tests.Authoring;

public class DurableTaskRegistryTests
{
    [Fact]
    public void A_class_is_known_by_its_name_or_by_the_name_it_is_given()
    {
        var registry = new DurableTaskRegistry().AddOrchestrator<Plain>().AddOrchestrator<Two>().AddOrchestrator<Ten>().AddActivity<Act>();
        Assert.Equal([("Job", "2"), ("Job", "10"), ("Plain", "")], registry.Orchestrators.OrderBy(one => one.Name, StringComparer.Ordinal));
        Assert.Equal(["Act"], registry.Activities);
        Assert.Equal("10", registry.NewestVersion("job"));
        Assert.Equal("", registry.NewestVersion("Plain"));
        Assert.Null(registry.NewestVersion("nobody"));
    }

    [Fact]
    public void What_cannot_be_told_apart_is_refused()
    {
        var registry = new DurableTaskRegistry().AddOrchestrator<Plain>().AddOrchestrator<Two>().AddActivity<Act>();
        Assert.Throws<ArgumentException>(() => registry.AddOrchestrator<Plain>());
        Assert.Throws<ArgumentException>(() => registry.AddOrchestrator<TwoAgain>());
        Assert.Throws<ArgumentException>(() => registry.AddActivity<Act>());
        Assert.Throws<ArgumentException>(() => registry.AddOrchestrator<BadVersion>());
        Assert.Throws<ArgumentException>(() => registry.AddActivity<VersionedAct>());
    }

    [Theory]
    [InlineData(0, 1, 1.0, 10)]
    [InlineData(1, 0, 1.0, 10)]
    [InlineData(1, 1, 0.5, 10)]
    [InlineData(1, 11, 1.0, 10)]
    public void A_retry_policy_out_of_range_is_refused(int attempts, int firstSeconds, double coefficient, int maxSeconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RetryPolicy(attempts, TimeSpan.FromSeconds(firstSeconds), coefficient, TimeSpan.FromSeconds(maxSeconds)));

    [Fact]
    public void A_first_wait_above_the_default_longest_wait_is_kept() =>
        Assert.Equal(TimeSpan.FromHours(5), new RetryPolicy(2, TimeSpan.FromHours(5)).MaxRetryInterval);

    private sealed class Plain : TaskOrchestrator<int, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, int input) => Task.FromResult(input);
    }

    [DurableTask("Job", Version = "2")]
    private sealed class Two : TaskOrchestrator<int, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, int input) => Task.FromResult(input);
    }

    [DurableTask("JOB", Version = "2")]
    private sealed class TwoAgain : TaskOrchestrator<int, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, int input) => Task.FromResult(input);
    }

    [DurableTask("Job", Version = "10")]
    private sealed class Ten : TaskOrchestrator<int, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, int input) => Task.FromResult(input);
    }

    [DurableTask("Job", Version = "newest")]
    private sealed class BadVersion : TaskOrchestrator<int, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, int input) => Task.FromResult(input);
    }

    private sealed class Act : TaskActivity<int, int>
    {
        public override Task<int> RunAsync(TaskActivityContext context, int input) => Task.FromResult(input);
    }

    [DurableTask(Version = "1")]
    private sealed class VersionedAct : TaskActivity<int, int>
    {
        public override Task<int> RunAsync(TaskActivityContext context, int input) => Task.FromResult(input);
    }
}
