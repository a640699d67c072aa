using Xunit.Abstractions;

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>Scenario 14: killed on the way from the press of Approve to the first question after it.</summary>
[Collection("Kills one")]
public sealed class KilledWhileDecidingTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("inbox.accept, gates.decide, outbox.append, audit.append")]
    [InlineData("durable.claim_mail, durable.commit_steps, gates.acknowledge")]
    [InlineData("durable.claim_activities, projects.enter, documents.add")]
    [InlineData("outbox.record_part, outbox.sent")]
    public Task Killed_at_one_statement_after_another_it_goes_on_once(string statements) => KillPoint.OneAfterAnotherAsync(Scene.VisionGate, statements, output);

    [Theory, Trait("Suite", "faults")]
    // The press: one transaction, and the nudge after it.
    [InlineData("inbox.accept", 1)]
    [InlineData("gates.decide", 1)]
    [InlineData("outbox.append", 1)]
    [InlineData("audit.append", 1)]
    // The engine: the gate's orchestration reads the decision, the workflow goes on.
    [InlineData("durable.claim_mail", 2)]
    [InlineData("durable.commit_steps", 1)]
    [InlineData("durable.commit_steps", 4)]
    [InlineData("durable.claim_activities", 1)]
    [InlineData("durable.commit_steps", 3)]
    [InlineData("gates.acknowledge", 1)]
    [InlineData("projects.enter", 1)]
    // What is said: the decision in place of the buttons, the plan.
    [InlineData("outbox.sent", 1)]
    [InlineData("outbox.record_part", 1)]
    [InlineData("documents.add", 1)]
    public Task Killed_at_a_statement_it_goes_on_once(string statement, int nth) => KillPoint.BeforeAndAfterAsync(Scene.VisionGate, statement, nth, output);
}
