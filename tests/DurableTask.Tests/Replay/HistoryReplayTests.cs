using Microsoft.Extensions.DependencyInjection;

namespace DurableTask.Tests.Replay;

public class HistoryReplayTests
{
    private static Exception thrown = new ArgumentException("first");

    [Fact]
    public void An_end_by_another_exception_is_named_and_the_same_one_with_other_words_is_none()
    {
        thrown = new ArgumentException("first");
        var history = new OrchestrationHistory("i", new InstanceDriver(r => r.AddOrchestrator<Throws>()).Start<Throws>().History);
        Assert.Null(Divergence(history));
        thrown = new ArgumentException("at another time");
        Assert.Null(Divergence(history));
        thrown = new InvalidOperationException("now");
        Assert.Equal("The history ends with Failed by System.ArgumentException: first, but the code with Failed by System.InvalidOperationException: now.", Divergence(history));
    }

    [Fact]
    public void Code_that_fails_where_the_history_goes_on_says_why()
    {
        thrown = new InvalidOperationException("now");
        var history = new InstanceDriver(r => r.AddOrchestratorFunc<string?, string>(nameof(Throws), (context, _) => context.WaitForExternalEvent<string>("go"))).Start<Throws>().History;
        Assert.Equal("The history goes on, but the code ends: Failed by System.InvalidOperationException: now.", Divergence(new OrchestrationHistory("i", history)));
    }

    private static string? Divergence(OrchestrationHistory history)
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        return HistoryReplay.FirstDivergence(new DurableTaskRegistry().AddOrchestrator<Throws>(), services, history);
    }

    private sealed class Throws : TaskOrchestrator<string?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string? input) => throw thrown;
    }
}
