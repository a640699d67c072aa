using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Scar.Wire;
using Xunit;

namespace OrchestratorFunctions.Tests.Scar;

public sealed class SendScarCommandTests : IAsyncLifetime
{
    private ScarScene scene = null!;

    public async Task InitializeAsync() => scene = await ScarScene.StartAsync();

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task The_command_is_plain_tokens_and_the_mode_is_set_to_stream()
    {
        await scene.Client.SendAsync("other", "/getcwd", default);
        using var http = new HttpClient();
        await http.PutAsync(new Uri(scene.Scar.Address + "/test/mode"), new StringContent("{\"mode\":\"batch\"}", System.Text.Encoding.UTF8, "application/json"));
        var id = await scene.SentAsync();
        var execution = await scene.Store.GetAsync(id, default);
        var outcome = await scene.OutcomeAsync(id);
        var run = Assert.Single(scene.Scar.Runs);
        Assert.Equal(ScarOutcome.Succeeded, outcome.Outcome);
        Assert.Equal("prime", run.Command);
        Assert.Equal($"{scene.Address}/briefs/{execution.BriefToken}", run.Words[0]);
        Assert.Equal(
            $"{run.Words[0]} If that address does not answer, try again for 5 minutes. End your last message with the line RESULT {execution.Nonce} SUCCESS or RESULT {execution.Nonce} FAILED and the reason", run.Arguments);
        Assert.Contains(scene.Scar.Sent(execution.ConversationId), text => text.StartsWith("🔧", StringComparison.Ordinal));
        Assert.Empty(scene.Scar.Unexpected);
    }

    [Fact]
    public async Task The_fence_is_a_secret_that_the_model_never_sees()
    {
        var id = await scene.SentAsync();
        var execution = await scene.Store.GetAsync(id, default);
        await scene.OutcomeAsync(id);
        Assert.DoesNotContain(execution.Fence, scene.Scar.Runs[0].Prompt, StringComparison.Ordinal);
        Assert.NotEqual(execution.Nonce, execution.Fence);
    }

    [Fact]
    public async Task A_crash_between_claim_and_command_sends_it_once()
    {
        var id = await scene.SelectedAsync();
        await scene.ClaimedAsync(id);
        Assert.Equal(ScarStage.Poll, (await scene.SendAsync(id)).Stage);
        Assert.Equal(ScarOutcome.Succeeded, (await scene.OutcomeAsync(id)).Outcome);
        Assert.Equal((1, 1), (scene.Invocations, scene.Scar.Runs.Count));
    }

    [Fact]
    public async Task A_crash_after_our_questions_and_before_the_command_sends_it_once()
    {
        var id = await scene.SelectedAsync();
        var execution = await scene.ClaimedAsync(id);
        await scene.Get<ScarDialogue>().AskAsync(execution.ConversationId, ["/status"], default);
        Assert.Equal(ScarStage.Poll, (await scene.SendAsync(id)).Stage);
        Assert.Equal(ScarOutcome.Succeeded, (await scene.OutcomeAsync(id)).Outcome);
        Assert.Equal(1, scene.Invocations);
    }

    [Fact]
    public async Task A_crash_after_the_command_while_it_runs_does_not_send_it_again()
    {
        scene.Scar.HoldRuns();
        var id = await scene.SelectedAsync();
        await PostAsync(await scene.ClaimedAsync(id));
        await scene.Scar.Changes.UntilAsync(() => scene.Scar.Runs.Count == 1, "the run");
        Assert.Equal(ScarStage.Poll, (await scene.SendAsync(id)).Stage);
        scene.Scar.ReleaseRuns();
        Assert.Equal(ScarOutcome.Succeeded, (await scene.OutcomeAsync(id)).Outcome);
        Assert.Equal(1, scene.Invocations);
    }

    [Fact]
    public async Task A_crash_after_the_command_that_has_ended_does_not_send_it_again()
    {
        var id = await scene.SelectedAsync();
        await PostAsync(await scene.ClaimedAsync(id));
        await EndedAsync();
        Assert.Equal(ScarStage.Poll, (await scene.SendAsync(id)).Stage);
        Assert.Equal(ScarOutcome.Succeeded, (await scene.OutcomeAsync(id)).Outcome);
        Assert.Equal(1, scene.Invocations);
    }

    [Fact]
    public async Task A_crash_after_a_command_that_ended_without_a_word_does_not_send_it_again()
    {
        scene.Scar.OnCommand("prime", _ => Task.CompletedTask);
        var id = await scene.SelectedAsync();
        await PostAsync(await scene.ClaimedAsync(id));
        await EndedAsync();
        Assert.Equal(ScarStage.Poll, (await scene.SendAsync(id)).Stage);
        var outcome = await scene.OutcomeAsync(id);
        Assert.Equal((ScarOutcome.Failed, "the coding agent ended without saying anything"), (outcome.Outcome, outcome.Reason));
        Assert.Equal(1, scene.Invocations);
    }

    [Fact]
    public async Task A_crash_after_the_fence_and_before_the_record_goes_on()
    {
        var id = await scene.SelectedAsync();
        var execution = await scene.ClaimedAsync(id);
        await PostAsync(execution);
        await scene.Client.SendAsync(execution.ConversationId, ScarReplies.FenceCommand(execution.Fence), default);
        await EndedAsync();
        await scene.SendAsync(id);
        Assert.Equal(ScarOutcome.Succeeded, (await scene.OutcomeAsync(id)).Outcome);
        Assert.Equal(1, scene.Invocations);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_restart_of_the_agent_while_sending_is_unknown_and_never_run_again(bool sent)
    {
        scene.Scar.HoldRuns();
        var id = await scene.SelectedAsync();
        var execution = await scene.ClaimedAsync(id);
        if (sent)
        {
            await PostAsync(execution);
        }

        scene.Scar.Restart();
        var step = await scene.SendAsync(id);
        Assert.Equal(ScarOutcome.Unknown, step.Outcome!.Outcome);
        Assert.Contains("the coding agent was restarted", step.Outcome.Reason, StringComparison.Ordinal);
        Assert.Equal(sent ? 1 : 0, scene.Invocations);
        Assert.Equal(step, await scene.SendAsync(id));
    }

    [Fact]
    public async Task Deleted_messages_while_sending_are_unknown_and_not_called_a_restart()
    {
        var id = await scene.SelectedAsync();
        var execution = await scene.ClaimedAsync(id);
        using var http = new HttpClient();
        await http.DeleteAsync(new Uri($"{scene.Scar.Address}/test/messages/{execution.ConversationId}"));
        var outcome = (await scene.SendAsync(id)).Outcome!;
        Assert.Equal(ScarOutcome.Unknown, outcome.Outcome);
        Assert.Contains("was not restarted", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restart_before_the_claim_selects_again()
    {
        var id = await scene.SelectedAsync();
        scene.Scar.Restart();
        Assert.Equal(new ScarStep(ScarStage.Select), await scene.SendAsync(id));
        Assert.Equal(ScarStage.Send, (await scene.SelectAsync(id)).Stage);
        await scene.SendAsync(id);
        Assert.Equal(ScarOutcome.Succeeded, (await scene.OutcomeAsync(id)).Outcome);
    }

    [Fact]
    public async Task A_refused_connection_gives_the_claim_back()
    {
        var id = await scene.SelectedAsync();
        await scene.ClaimedAsync(id);
        await scene.Scar.StopAsync();
        await Assert.ThrowsAsync<ScarException>(() => scene.SendAsync(id));
        await scene.Scar.StartAsync();
        Assert.Equal(ScarStage.Poll, (await scene.SendAsync(id)).Stage);
        Assert.Equal(ScarOutcome.Succeeded, (await scene.OutcomeAsync(id)).Outcome);
        Assert.Equal(1, scene.Invocations);
    }

    [Fact]
    public async Task A_cut_connection_at_the_command_is_settled_by_evidence()
    {
        var id = await scene.SelectedAsync();
        scene.Scar.Trouble.Cut(on: "/test/message");
        for (var tries = 0; (await scene.Store.GetAsync(id, default)).Status != ScarStatus.Running && tries < 10; tries++)
        {
            try
            {
                await scene.SendAsync(id);
            }
            catch (ScarException)
            {
                // as the retry policy does
            }
        }

        Assert.Equal(ScarOutcome.Succeeded, (await scene.OutcomeAsync(id)).Outcome);
        Assert.Single(scene.Scar.Runs);
    }

    [Fact]
    public async Task Of_many_claims_at_once_one_is_granted()
    {
        var execution = await scene.Store.GetAsync(await scene.SelectedAsync(), default);
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => scene.Store.ClaimAsync(execution, [new ScarMessage("m", "t")], default)));
        Assert.Single(claims, granted => granted);
    }

    private Task PostAsync(ScarExecution execution) => scene.Client.SendAsync(execution.ConversationId, execution.CommandText($"{scene.Address}/briefs/{execution.BriefToken}"), default);

    private Task EndedAsync() => scene.Scar.Changes.UntilAsync(() => scene.Scar.Runs is [{ EndedAt: not null }], "the end of the run");
}
