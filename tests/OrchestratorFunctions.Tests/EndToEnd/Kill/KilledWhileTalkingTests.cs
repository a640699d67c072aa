using Xunit.Abstractions;

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>Scenario 14 from further back: killed while words are answered and the offer is taken.</summary>
[Collection("Kills two")]
public sealed class KilledWhileTalkingTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("messages.add, inbox.done")]
    [InlineData("offers.take, projects.request_run, durable.create_instances")]
    public Task Killed_at_one_statement_after_another_it_goes_on_once(string statements) => KillPoint.OneAfterAnotherAsync(Scene.Offer, statements, output);

    [Theory, Trait("Suite", "faults")]
    [InlineData("messages.add", 2)]
    [InlineData("inbox.done", 1)]
    [InlineData("offers.take", 1)]
    [InlineData("projects.request_run", 1)]
    [InlineData("durable.create_instances", 1)]
    public Task Killed_at_a_statement_it_goes_on_once(string statement, int nth) => KillPoint.BeforeAndAfterAsync(Scene.Offer, statement, nth, output);
}
