using Xunit.Abstractions;

namespace OrchestratorFunctions.Tests.EndToEnd.Kill;

/// <summary>Scenario 14 at the coding agent: it knows no idempotency key, and still each command is begun once.</summary>
public sealed class KilledWhileTheAgentWorksTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("scar.add", 1)]
    // Claimed and not sent: the agent shows no trace of it, so it is sent then.
    [InlineData("scar.claim", 1)]
    // Sent: the agent shows it, so it is not sent again.
    [InlineData("scar.running", 1)]
    [InlineData("scar.append_feed", 1)]
    [InlineData("scar.end", 1)]
    public Task Killed_at_a_statement_the_command_is_begun_once(string statement, int nth) => KillPoint.BeforeAndAfterAsync(Scene.VisionGate, statement, nth, output);
}
