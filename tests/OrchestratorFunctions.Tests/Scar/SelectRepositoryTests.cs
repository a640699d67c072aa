using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Scar.Wire;
using TestKit.Scar;
using Xunit;

namespace OrchestratorFunctions.Tests.Scar;

public sealed class SelectRepositoryTests : IAsyncLifetime
{
    private ScarScene scene = null!;

    public async Task InitializeAsync()
    {
        scene = await ScarScene.StartAsync();
        scene.Scar.RemoveFolder("demo-app");
        foreach (var name in new[] { ".cache", "3d-app", "app", "app-two", "web-api", "web-app", "zeta" })
        {
            scene.Scar.AddRepository(ScarRepository.Prepared("octocat", name));
        }

        scene.Scar.AddRepository(new ScarRepository("notgit"));
    }

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Theory]
    [InlineData("octocat/app")]
    [InlineData("octocat/3d-app")]
    [InlineData("octocat/app-two")]
    [InlineData("octocat/web-app")]
    [InlineData("OctoCat/zeta")]
    public async Task The_command_runs_in_our_repository_and_in_no_other(string repository)
    {
        var id = await scene.SentAsync(scene.Request(repository: repository));
        Assert.Equal(ScarOutcome.Succeeded, (await scene.OutcomeAsync(id)).Outcome);
        Assert.Equal($"/workspace/{repository.Split('/')[1]}", Assert.Single(scene.Scar.Runs).WorkingDirectory);
    }

    [Theory]
    [InlineData("octocat/web")]
    [InlineData("octocat/nope")]
    [InlineData("someone-else/app")]
    [InlineData("octocat/notgit")]
    public async Task Without_proof_the_run_fails_and_no_command_goes_out(string repository)
    {
        var step = await scene.SelectAsync(await scene.PreparedAsync(scene.Request(repository: repository)));
        Assert.Equal(ScarOutcome.Failed, step.Outcome!.Outcome);
        Assert.NotEmpty(step.Outcome.Reason!);
        Assert.Equal(0, scene.Invocations);
    }

    [Fact]
    public async Task A_repository_cloned_under_a_mangled_name_is_accepted_with_its_address()
    {
        scene.Scar.AddRepository(ScarRepository.Prepared("octocat", "second.github.io") with { Name = "secondhub.io" });
        var id = await scene.SentAsync(scene.Request(repository: "octocat/second.github.io"));
        Assert.Equal(ScarOutcome.Succeeded, (await scene.OutcomeAsync(id)).Outcome);
        Assert.Equal("/workspace/secondhub.io", Assert.Single(scene.Scar.Runs).WorkingDirectory);
    }

    [Fact]
    public async Task A_mangled_name_of_another_owner_is_not_accepted()
    {
        scene.Scar.AddRepository(ScarRepository.Prepared("someone-else", "second.github.io") with { Name = "secondhub.io" });
        var step = await scene.SelectAsync(await scene.PreparedAsync(scene.Request(repository: "octocat/second.github.io")));
        Assert.Equal(ScarOutcome.Failed, step.Outcome!.Outcome);
    }

    [Fact]
    public async Task A_conversation_in_a_worktree_is_not_used()
    {
        var id = await scene.PreparedAsync(scene.Request(repository: "octocat/app"));
        var conversation = (await scene.Store.GetAsync(id, default)).ConversationId;
        await scene.Get<ScarDialogue>().AskAsync(conversation, ["/repo zeta", "/worktree create feat-1"], default);
        var step = await scene.SelectAsync(id);
        Assert.Contains("worktree", step.Outcome!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_without_the_command_is_not_used()
    {
        scene.Scar.AddRepository(new ScarRepository("bare", "https://github.com/octocat/bare"));
        var step = await scene.SelectAsync(await scene.PreparedAsync(scene.Request(repository: "octocat/bare")));
        Assert.Equal((ScarOutcome.Failed, "the coding agent has no command prime in bare"), (step.Outcome!.Outcome, step.Outcome.Reason));
    }

    [Fact]
    public async Task Trouble_of_the_agents_database_is_worth_another_try()
    {
        var id = await scene.PreparedAsync(scene.Request(repository: "octocat/app"));
        scene.Scar.DatabaseDown = true;
        await Assert.ThrowsAsync<ScarException>(() => scene.SelectAsync(id));
        scene.Scar.DatabaseDown = false;
        Assert.Equal(ScarStage.Send, (await scene.SelectAsync(id)).Stage);
    }

    [Fact]
    public async Task A_folder_in_which_a_stopped_command_goes_on_is_waited_for()
    {
        scene.Scar.HoldRuns();
        var stopped = await scene.SentAsync(scene.Request(repository: "octocat/app"));
        await scene.RunAsync<EndScarCommand, ScarEnd, ScarCommandOutcome>(new ScarEnd(stopped, Reason: null));

        var elsewhere = await scene.SelectAsync(await scene.PreparedAsync(scene.Request(repository: "octocat/zeta")));
        Assert.Equal(ScarStage.Send, elsewhere.Stage);
        var next = await scene.PreparedAsync(scene.Request(repository: "octocat/App".ToLowerInvariant()));
        Assert.Equal(new ScarStep(ScarStage.Select, Wait: true), await scene.SelectAsync(next));

        scene.Scar.ReleaseRuns();
        await scene.Scar.Changes.UntilAsync(() => scene.Scar.Runs[0].EndedAt is not null, "the end of the stopped run");
        await UntilAsync(async () => await scene.SelectAsync(next) == new ScarStep(ScarStage.Send));
    }

    [Fact]
    public async Task A_folder_that_stays_taken_fails_the_run_at_its_time_limit()
    {
        scene.Scar.HoldRuns();
        await scene.SentAsync(scene.Request(repository: "octocat/app"));
        var next = await scene.PreparedAsync(scene.Request(repository: "octocat/app"));
        scene.Time.Advance(TimeSpan.FromSeconds(1801));
        Assert.Equal(ScarOutcome.Failed, (await scene.SelectAsync(next)).Outcome!.Outcome);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!await condition())
        {
            await Task.Delay(10, late.Token);
        }
    }
}
