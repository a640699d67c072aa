using System.Collections.Concurrent;
using DurableTask.Conformance;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DurableTask.AzureFunctions.Tests.Hub;

/// <summary>What is on its way to an instance while the host holds it failed is dropped there. An instance that is taken back must not wait for it.</summary>
public sealed class LostAnswersTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private readonly CancellationTokenSource deadline = new(Patience);
    private readonly Held held = new();
    private HostedApp? app;

    private DurableTaskClient Client => app!.Client;

    public async Task InitializeAsync() => app = await HostedApp.StartAsync(
        new DurableTaskRegistry().AddOrchestrator<Programs.Sleeps>().AddOrchestrator<Asks>().AddOrchestrator<Both>().AddOrchestrator<Mother>().AddOrchestrator<Kid>().AddActivity<Answers>(),
        map: handler => handler.Use(async (context, next) =>
        {
            // The worker dies while the first call is with it.
            if (held.Dies && context.Request.Path == "/" + nameof(Answers))
            {
                held.Dies = false;
                held.Began.TrySetResult();
                await held.Released.Task;
                context.Abort();
                return;
            }

            await next(context);
        }),
        add: services => services.AddSingleton(held));

    public async Task DisposeAsync()
    {
        held.Released.TrySetResult();
        await app!.DisposeAsync();
        deadline.Dispose();
    }

    [Fact]
    public async Task A_timer_that_fired_meanwhile_has_fired()
    {
        var id = await StartAsync(nameof(Programs.Sleeps), TimeSpan.FromSeconds(2));
        await ShowsAsync(id, "TimerCreated");
        await LoseAsync(id, "TimerFired");
        Assert.True((await TakenBackAsync(id)).ReadOutputAs<TimeSpan>() >= TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task An_activity_that_answered_meanwhile_is_called_again()
    {
        var id = await StartAsync(nameof(Asks), "who");
        await held.Began.Task.WaitAsync(deadline.Token);
        await app!.Host.FailAsync(id);
        held.Released.SetResult();
        await app.Host.DroppedAsync(id, "TaskCompleted", deadline.Token);
        Assert.Equal("who?", (await TakenBackAsync(id)).ReadOutputAs<string>());
        Assert.Equal(2, held.Calls.Count);
    }

    [Fact]
    public async Task An_activity_that_answers_twice_in_the_end_is_taken_once()
    {
        // The first answer comes after the instance was taken back and has called again: the host sends both.
        var id = await StartAsync(nameof(Asks), "who");
        await held.Began.Task.WaitAsync(deadline.Token);
        await app!.Host.FailAsync(id);
        await Client.RewindInstanceAsync(id, "its worker died");
        await ShowsAsync(id, "TaskScheduled", times: 2);
        held.Released.SetResult();
        Assert.Equal("who?", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Theory]
    [InlineData("well", "SubOrchestrationInstanceCompleted", "the child says well")]
    [InlineData("", "SubOrchestrationInstanceFailed", "the child has failed: it was told nothing")]
    public async Task The_end_of_a_child_that_came_meanwhile_is_told_again_and_the_child_does_not_run_again(string word, string lost, string said)
    {
        var id = await StartAsync(nameof(Mother), "");
        await ShowsAsync($"{id}:child", "OrchestratorCompleted");
        await app!.Host.FailAsync(id);
        await Client.RaiseEventAsync($"{id}:child", "go", word, deadline.Token);
        await app.Host.DroppedAsync(id, lost, deadline.Token);
        Assert.Equal(said, (await TakenBackAsync(id)).ReadOutputAs<string>());
        Assert.Equal(2, app.Host.Invoked.Count(name => name == nameof(Kid)));
    }

    [Fact]
    public async Task A_child_that_the_host_failed_meanwhile_is_called_again()
    {
        var id = await StartAsync(nameof(Mother), "");
        await ShowsAsync($"{id}:child", "OrchestratorCompleted");
        await app!.Host.FailAsync(id);
        await app.Host.FailAsync($"{id}:child");
        await Client.RewindInstanceAsync(id, "its worker died", deadline.Token);
        await ShowsAsync(id, "SubOrchestrationInstanceCreated", times: 2);
        await RunningAsync($"{id}:child");
        await Client.RaiseEventAsync($"{id}:child", "go", "well", deadline.Token);
        Assert.Equal("the child says well", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_child_that_still_runs_goes_on_and_its_end_is_heard()
    {
        var id = await StartAsync(nameof(Mother), "");
        await ShowsAsync($"{id}:child", "OrchestratorCompleted");
        await app!.Host.FailAsync(id);
        await Client.RewindInstanceAsync(id, "its worker died");
        await Client.RaiseEventAsync($"{id}:child", "go", "well", deadline.Token);
        Assert.Equal("the child says well", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Whatever_was_open_is_made_good_at_once_and_again_after_a_second_death()
    {
        var id = await StartAsync(nameof(Both), TimeSpan.FromSeconds(3));
        await held.Began.Task.WaitAsync(deadline.Token);
        await app!.Host.FailAsync(id);
        await Client.RewindInstanceAsync(id, "its worker died");
        await ShowsAsync(id, "TaskScheduled", times: 2);
        await app.Host.FailAsync(id);
        held.Released.SetResult();
        await app.Host.DroppedAsync(id, "TaskCompleted", deadline.Token);
        await app.Host.DroppedAsync(id, "TimerFired", deadline.Token);
        Assert.Equal("both? and late enough", (await TakenBackAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_failed_activity_and_an_event_before_its_failure_do_not_confuse_who_is_taken_back()
    {
        // The event is taken in between the call and its failure, which the rewind then blanks with the call.
        held.Dies = true;
        var id = await StartAsync(nameof(Asks), "who");
        await held.Began.Task.WaitAsync(deadline.Token);
        await Client.RaiseEventAsync(id, "by the way", "hello", deadline.Token);
        await ShowsAsync(id, "EventRaised");
        held.Released.SetResult();
        await ShowsAsync(id, "TaskFailed");
        await app!.Host.FailAsync(id);
        Assert.Equal("who?", (await TakenBackAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_wake_up_that_was_not_needed_changes_nothing()
    {
        var id = await StartAsync(nameof(Asks), "who");
        await held.Began.Task.WaitAsync(deadline.Token);
        await app!.Services.GetRequiredService<Recovery>().MakeGoodAsync(id, deadline.Token);
        await ShowsAsync(id, "EventRaised");
        held.Released.SetResult();
        Assert.Equal("who?", (await EndAsync(id)).ReadOutputAs<string>());
        Assert.Single(held.Calls);
    }

    private Task<string> StartAsync(string orchestrator, object input) => Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, null, deadline.Token);

    private async Task LoseAsync(string id, string kind)
    {
        await app!.Host.FailAsync(id);
        await app.Host.DroppedAsync(id, kind, deadline.Token);
    }

    private async Task<OrchestrationMetadata> TakenBackAsync(string id)
    {
        await Client.RewindInstanceAsync(id, "its worker died", deadline.Token);
        return await EndAsync(id);
    }

    private async Task<OrchestrationMetadata> EndAsync(string id)
    {
        var end = await Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, deadline.Token);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, end.RuntimeStatus);
        return end;
    }

    private async Task RunningAsync(string id)
    {
        while (await Client.GetInstanceAsync(id, false, deadline.Token) is not { RuntimeStatus: OrchestrationRuntimeStatus.Running })
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), deadline.Token);
        }
    }

    private async Task ShowsAsync(string id, string kind, int times = 1)
    {
        while (await Client.GetInstanceAsync(id, false, deadline.Token) is null || (await Client.GetOrchestrationHistoryAsync(id, deadline.Token)).Entries.Count(entry => entry.Kind == kind) < times)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), deadline.Token);
        }
    }

    private sealed class Asks : TaskOrchestrator<string, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string input) => context.CallActivityAsync<string>(nameof(Answers), input);
    }

    private sealed class Both : TaskOrchestrator<TimeSpan, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, TimeSpan input)
        {
            var begin = context.CurrentUtcDateTime;
            var answer = context.CallActivityAsync<string>(nameof(Answers), "both");
            await context.CreateTimer(input, CancellationToken.None);
            return await answer + (context.CurrentUtcDateTime - begin >= input ? " and late enough" : " too early");
        }
    }

    private sealed class Mother : TaskOrchestrator<string, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
        {
            try
            {
                return "the child says " + await context.CallSubOrchestratorAsync<string>(nameof(Kid), null, new SubOrchestrationOptions(instanceId: $"{context.InstanceId}:child"));
            }
            catch (TaskFailedException failed)
            {
                return $"the child has failed: {failed.FailureDetails.ErrorMessage}";
            }
        }
    }

    private sealed class Kid : TaskOrchestrator<string, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string input) =>
            await context.WaitForExternalEvent<string>("go") is { Length: > 0 } word ? word : throw new InvalidOperationException("it was told nothing");
    }

    // Answers when it may.
    private sealed class Answers(Held held) : TaskActivity<string, string>
    {
        public override async Task<string> RunAsync(TaskActivityContext context, string input)
        {
            held.Calls.Enqueue(input);
            held.Began.TrySetResult();
            await held.Released.Task;
            return $"{input}?";
        }
    }

    private sealed class Held
    {
        public ConcurrentQueue<string> Calls { get; } = [];

        public TaskCompletionSource Began { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Dies { get; set; }
    }
}
