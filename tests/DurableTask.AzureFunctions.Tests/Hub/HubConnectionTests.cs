using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace DurableTask.AzureFunctions.Tests.Hub;

/// <summary>A hub that is away, moves, or takes no more than so much.</summary>
public sealed class HubConnectionTests : IAsyncLifetime
{
    private readonly CancellationTokenSource deadline = new(TimeSpan.FromMinutes(1));
    private HostedApp app = null!;

    public async Task InitializeAsync()
    {
        app = await HostedApp.StartAsync(new DurableTaskRegistry().AddOrchestrator<Repeats>());
        await app.Client.GetInstanceAsync("nobody", deadline.Token);
    }

    public async Task DisposeAsync()
    {
        await app.DisposeAsync();
        deadline.Dispose();
    }

    [Fact]
    public async Task A_call_that_meets_a_restart_of_the_host_is_answered_at_the_new_place()
    {
        var reach = app.Services.GetRequiredService<HubReach>();
        Assert.True(await reach.AnswersAsync(TimeSpan.FromSeconds(5), deadline.Token));
        var before = app.Host.ExtensionAddress;
        await app.Host.StopAsync();
        Assert.False(await reach.AnswersAsync(TimeSpan.FromSeconds(5), deadline.Token));
        var called = app.Client.ScheduleNewOrchestrationInstanceAsync(nameof(Repeats), 3, null, deadline.Token);
        await app.Host.StartAsync();
        Assert.NotEqual(before, app.Host.ExtensionAddress);
        Assert.Equal("xxx", (await app.Client.WaitForInstanceCompletionAsync(await called, getInputsAndOutputs: true, deadline.Token)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_hub_that_does_not_come_back_is_said_to_be_unavailable_within_seconds()
    {
        await app.Host.StopAsync();
        var since = TimeProvider.System.GetTimestamp();
        await Assert.ThrowsAsync<HubUnavailableException>(() => app.Client.GetInstanceAsync("nobody", deadline.Token));
        Assert.InRange(TimeProvider.System.GetElapsedTime(since), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_process_that_was_never_told_where_the_hub_is_waits_a_while_and_says_so()
    {
        var time = new FakeTimeProvider();
        await using var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(time).AddFunctionsTaskHub(new DurableTaskRegistry(), new FunctionTriggers()).BuildServiceProvider();
        Assert.False(services.GetRequiredService<HubReach>().IsKnown);
        Assert.False(await services.GetRequiredService<HubReach>().AnswersAsync(TimeSpan.FromSeconds(5), deadline.Token));
        var called = services.GetRequiredService<DurableTaskClient>().GetInstanceAsync("nobody", deadline.Token);
        Assert.False(called.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(6));
        await Assert.ThrowsAsync<HubUnavailableException>(() => called);
    }

    [Fact]
    public async Task What_is_larger_than_the_hub_takes_is_refused_for_good_and_what_it_answers_may_be_larger()
    {
        var tooLarge = await Assert.ThrowsAsync<PermanentFailureException>(() => app.Client.RaiseEventAsync("nobody", "go", new string('x', 4_300_000), deadline.Token));
        Assert.Contains("4194304", tooLarge.Message, StringComparison.Ordinal);
        var id = await app.Client.ScheduleNewOrchestrationInstanceAsync(nameof(Repeats), 5_000_000, null, deadline.Token);
        Assert.Equal(5_000_000, (await app.Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, deadline.Token)).ReadOutputAs<string>()!.Length);
    }

    private sealed class Repeats : TaskOrchestrator<int, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, int input) => Task.FromResult(new string('x', input));
    }
}
