using Npgsql;
using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Scar.Wire;
using Xunit;

namespace OrchestratorFunctions.Tests.Scar;

public sealed class ScarExecutionTests : IAsyncLifetime
{
    private ScarScene scene = null!;

    public async Task InitializeAsync() => scene = await ScarScene.StartAsync();

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task Preparing_twice_keeps_one_run_with_its_conversation_and_nonce()
    {
        var request = scene.Request();
        await scene.PrepareAsync(request);
        var first = await scene.Store.GetAsync(request.ExecutionId, default);
        Assert.Equal(new ScarStep(ScarStage.Select), await scene.PrepareAsync(request));
        Assert.Equal(first, await scene.Store.GetAsync(request.ExecutionId, default));
    }

    [Fact]
    public async Task Every_run_has_a_conversation_of_its_own()
    {
        var one = await scene.Store.GetAsync(await scene.PreparedAsync(), default);
        var other = await scene.Store.GetAsync(await scene.PreparedAsync(), default);
        Assert.NotEqual(one.ConversationId, other.ConversationId);
        Assert.NotEqual(one.Nonce, other.Nonce);
        Assert.NotEqual(one.BriefToken, other.BriefToken);
    }

    [Fact]
    public async Task Without_an_address_a_run_fails_with_the_setting_to_set()
    {
        await using var unset = await ScarScene.StartAsync(("SCAR_BASE_URL", ""));
        var outcome = (await unset.PrepareAsync(unset.Request())).Outcome!;
        Assert.Equal((ScarOutcome.Failed, "the coding agent is not configured: set SCAR_BASE_URL"), (outcome.Outcome, outcome.Reason));
    }

    [Theory]
    [InlineData(null, false, ScarOutcome.Stopped, "stopped before anything was sent to the coding agent")]
    [InlineData(null, true, ScarOutcome.Stopped, "stopped; the coding agent itself cannot be stopped and may finish what it has begun")]
    [InlineData("no answer", false, ScarOutcome.Failed, "no answer")]
    [InlineData("no answer", true, ScarOutcome.Unknown, "no answer; the command had been sent, so it is not known whether it finished")]
    public async Task An_end_from_our_side_says_what_is_known(string? why, bool sent, object outcome, string reason)
    {
        scene.Scar.HoldRuns();
        var id = sent ? await scene.SentAsync() : await scene.PreparedAsync();
        var ended = await EndAsync(id, why);
        Assert.Equal((outcome, reason), (ended.Outcome, ended.Reason));
        Assert.Equal(new ScarStep(ScarStage.Ended, Outcome: ended), await scene.PollAsync(id));
    }

    [Fact]
    public async Task The_first_outcome_stands()
    {
        var id = await scene.SentAsync();
        var outcome = await scene.OutcomeAsync(id);
        Assert.Equal(outcome, await EndAsync(id, why: null));
    }

    [Fact]
    public async Task An_outcome_cannot_be_changed_even_by_hand()
    {
        var id = await scene.PreparedAsync();
        await EndAsync(id, why: null);
        await using var command = scene.Database.DataSource.CreateCommand("update scar_executions set outcome = 'SUCCEEDED', reason = null");
        Assert.Equal("23514", (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync())).SqlState);
    }

    [Fact]
    public async Task A_success_without_the_fence_cannot_be_stored()
    {
        var id = await scene.PreparedAsync();
        await Assert.ThrowsAsync<PostgresException>(() => scene.InTransactionAsync((connection, token) =>
            scene.Store.EndAsync(connection, id, new ScarVerdict(ScarOutcome.Succeeded, null, null, null, null), fenceSeen: false, token)));
    }

    [Fact]
    public async Task A_run_that_was_never_stored_ends_all_the_same() =>
        Assert.Equal(ScarOutcome.Failed, (await EndAsync(Guid.CreateVersion7(), "no database")).Outcome);

    private Task<ScarCommandOutcome> EndAsync(Guid id, string? why) => scene.RunAsync<EndScarCommand, ScarEnd, ScarCommandOutcome>(new ScarEnd(id, why));
}
