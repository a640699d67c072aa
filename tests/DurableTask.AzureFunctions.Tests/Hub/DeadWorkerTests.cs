using System.Collections.Concurrent;
using DurableTask.Conformance;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DurableTask.AzureFunctions.Tests.Hub;

/// <summary>Connections that break in the middle of a call, as they do when the handler dies.</summary>
public sealed class DeadWorkerTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly ConcurrentDictionary<string, int> deaths = new(StringComparer.OrdinalIgnoreCase);
    private HostedApp? app;

    public async Task InitializeAsync() => app = await HostedApp.StartAsync(new DurableTaskRegistry().AddPrograms(), map: handler => handler.Use(async (context, next) =>
    {
        var name = context.Request.Path.Value!.Trim('/');
        if (deaths.TryGetValue(name, out var left) && left > 0 && deaths.TryUpdate(name, left - 1, left))
        {
            context.Abort();
            return;
        }

        await next(context);
    }));

    public async Task DisposeAsync() => await app!.DisposeAsync();

    [Fact]
    public async Task An_activity_whose_worker_died_is_called_again_and_the_code_does_not_see_it()
    {
        deaths[nameof(Programs.Double)] = 1;
        Assert.Equal(4, (await RunAsync(nameof(Programs.Chain), 1, "activity")).ReadOutputAs<int>());
        Assert.Equal(0, deaths[nameof(Programs.Double)]);
    }

    [Fact]
    public async Task A_child_whose_worker_died_is_called_again_by_its_parent()
    {
        deaths[nameof(Programs.Child)] = 1;
        Assert.Equal("child said word of mother", (await RunAsync(nameof(Programs.Family), "word", "mother")).ReadOutputAs<string>());
        Assert.Equal(0, deaths[nameof(Programs.Child)]);
    }

    [Fact]
    public async Task An_instance_whose_worker_died_fails_and_goes_on_when_it_is_taken_back_even_after_other_deaths()
    {
        // First its activity's worker, so that history has a failure that the rewind blanks; then, in its second half, its own.
        deaths[nameof(Programs.Double)] = 1;
        var id = await app!.Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Chain), 1, new StartOrchestrationOptions("twice"));
        await UntilAsync(id, one => deaths[nameof(Programs.Double)] == 0);
        await WaitsForTimerAsync(id);
        deaths[nameof(Programs.Chain)] = 1;
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await EndAsync(id)).RuntimeStatus);
        Assert.Equal(FailureCause.Infrastructure, await app.Services.GetRequiredService<FailureCauses>().OfAsync(id));
        await app.Client.RewindInstanceAsync(id, "its worker died");
        Assert.Equal(4, (await EndAsync(id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task An_instance_that_died_in_its_very_first_step_goes_on_when_it_is_taken_back()
    {
        deaths[nameof(Programs.Waits)] = 1;
        var id = await app!.Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Waits), new[] { "go" });
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await EndAsync(id)).RuntimeStatus);
        await app.Client.RewindInstanceAsync(id, "its worker died");
        await app.Client.RaiseEventAsync(id, "go", "well");
        Assert.Equal("well", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_parent_that_had_a_failed_child_is_woken_when_it_is_taken_back()
    {
        // After the second death the parent waits two seconds before it calls the child again. Nothing is on its way to it meanwhile: what arrives while an instance is failed is lost.
        deaths[nameof(Programs.Child)] = 2;
        var id = await app!.Client.ScheduleNewOrchestrationInstanceAsync(nameof(Programs.Family), "word", new StartOrchestrationOptions("parent"));
        await ShowsAsync(id, "SubOrchestrationInstanceFailed", times: 2);
        await app.Host.FailAsync(id);
        await app.Client.RewindInstanceAsync(id, "its worker died");
        Assert.Equal("child said word of parent", (await EndAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task What_fails_by_its_own_decision_is_told_from_what_the_host_failed()
    {
        var own = (await RunAsync(nameof(Programs.Fails), "on purpose", "own")).InstanceId;
        await RunAsync(nameof(Programs.Family), "fail", "family");
        var causes = app!.Services.GetRequiredService<FailureCauses>();
        Assert.Equal(FailureCause.Own, await causes.OfAsync(own));
        Assert.Equal(FailureCause.Child, await causes.OfAsync("family:child"));
        Assert.Equal(FailureCause.Unknown, await causes.OfAsync("nobody"));
    }

    private Task WaitsForTimerAsync(string id) => ShowsAsync(id, "TimerCreated", times: 1);

    private async Task ShowsAsync(string id, string kind, int times)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while ((await app!.Client.GetOrchestrationHistoryAsync(id, deadline.Token)).Entries.Count(entry => entry.Kind == kind) < times)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), deadline.Token);
        }
    }

    private async Task<OrchestrationMetadata> RunAsync(string orchestrator, object input, string id) =>
        await EndAsync(await app!.Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, new StartOrchestrationOptions(id)));

    private async Task<OrchestrationMetadata> EndAsync(string id)
    {
        using var deadline = new CancellationTokenSource(Patience);
        return await app!.Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, deadline.Token);
    }

    private async Task UntilAsync(string id, Func<OrchestrationMetadata, bool> condition)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (await app!.Client.GetInstanceAsync(id, true, deadline.Token) is not { } found || !condition(found))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), deadline.Token);
        }
    }
}
