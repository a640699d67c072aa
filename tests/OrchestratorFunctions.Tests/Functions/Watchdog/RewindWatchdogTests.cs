using Dapper;
using DurableTask;
using DurableTask.AzureFunctions;
using FunctionsHost.Handlers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Functions.Watchdog;
using OrchestratorFunctions.Tests.TestApp;
using TestKit.PostgreSql;

namespace OrchestratorFunctions.Tests.Functions.Watchdog;

/// <summary>Who is taken back, when, how often, and who is left alone.</summary>
public sealed class RewindWatchdogTests : IAsyncLifetime
{
    private readonly CancellationTokenSource deadline = new();
    private readonly Clock clock = new();
    private HostedApp app = null!;
    private TestDatabase database = null!;

    public async Task InitializeAsync()
    {
        database = await Rooms.DatabaseAsync();
        app = await HostedApp.StartAsync(new DurableTaskRegistry().AddOrchestrator<Waits>().AddOrchestrator<Refuses>().AddOrchestrator<Sleeps>());
        // The first database of a run is made from nothing, which is not part of what is waited for.
        deadline.CancelAfter(TimeSpan.FromMinutes(1));
    }

    public async Task DisposeAsync()
    {
        await app.DisposeAsync();
        await database.DisposeAsync();
        deadline.Dispose();
    }

    [Fact]
    public async Task An_instance_is_taken_back_at_once_then_after_growing_pauses_and_parked_after_the_fifth_time()
    {
        var id = await StartAsync(nameof(Waits));
        foreach (var pause in new[] { 0, 20, 80, 320, 1280 })
        {
            await app.Host.FailAsync(id);
            if (pause > 0)
            {
                Assert.Equal(OrchestrationRuntimeStatus.Failed, await AfterLookAsync(id, TimeSpan.FromSeconds(pause - 5)));
            }

            Assert.NotEqual(OrchestrationRuntimeStatus.Failed, await AfterLookAsync(id, TimeSpan.FromSeconds(pause + 5)));
            await UntilAsync(id, OrchestrationRuntimeStatus.Running);
        }

        await app.Host.FailAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, await AfterLookAsync(id, TimeSpan.FromHours(2)));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, await AfterLookAsync(id, TimeSpan.FromHours(3)));
        Assert.Equal((5L, 1L), (await CountAsync("instance_rewound"), await CountAsync("instance_parked")));
        Assert.Single(app.Log.Written, line => line.Contains("ALERT", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal));

        // The operator takes it back; after a day it is well again, and has all its chances.
        await app.Client.RewindInstanceAsync(id, "the cause is gone", deadline.Token);
        await UntilAsync(id, OrchestrationRuntimeStatus.Running);
        await app.Host.FailAsync(id);
        Assert.NotEqual(OrchestrationRuntimeStatus.Failed, await AfterLookAsync(id, TimeSpan.FromDays(2)));
    }

    [Fact]
    public async Task What_failed_by_its_own_decision_is_left_and_said_once()
    {
        var id = await StartAsync(nameof(Refuses));
        await UntilAsync(id, OrchestrationRuntimeStatus.Failed);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, await AfterLookAsync(id, TimeSpan.FromHours(1)));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, await AfterLookAsync(id, TimeSpan.FromHours(2)));
        Assert.Equal(0L, await CountAsync("instance_rewound"));
        Assert.Single(app.Log.Written, line => line.Contains("own decision", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_instance_that_nobody_woke_after_it_was_taken_back_is_woken_later()
    {
        // As if the watchdog's process had died between the rewind and what follows it: the hub's rewind alone says nothing of the timer that was lost.
        var id = await StartAsync(nameof(Sleeps));
        await app.Host.FailAsync(id);
        await app.Host.DroppedAsync(id, "TimerFired", deadline.Token);
        var failed = (await app.Client.GetInstanceAsync(id, deadline.Token))!;
        await using (var connection = await database.DataSource.OpenConnectionAsync())
        {
            await Store.CountAsync(connection, failed, deadline.Token);
        }

        app.Host.RewindWithoutWaking(id);
        await AfterLookAsync(id, TimeSpan.FromSeconds(10));
        Assert.NotEqual(OrchestrationRuntimeStatus.Completed, (await app.Client.GetInstanceAsync(id, deadline.Token))!.RuntimeStatus);
        await AfterLookAsync(id, TimeSpan.FromSeconds(30));
        await UntilAsync(id, OrchestrationRuntimeStatus.Completed);
        Assert.Empty(await Store.NotMadeGoodAsync(deadline.Token));
    }

    private RewindStore Store => new(database.DataSource, clock);

    private async Task<OrchestrationRuntimeStatus> AfterLookAsync(string id, TimeSpan later)
    {
        clock.Ahead = later;
        var watchdog = new RewindWatchdog(
            app.Client, app.Services.GetRequiredService<FailureCauses>(), app.Services.GetRequiredService<Recovery>(), Store, database.DataSource, new AuditLog(clock), clock,
            app.Services.GetRequiredService<ILogger<RewindWatchdog>>());
        await watchdog.RunAsync(deadline.Token);
        return (await app.Client.GetInstanceAsync(id, deadline.Token))!.RuntimeStatus;
    }

    private async Task<string> StartAsync(string orchestrator)
    {
        var id = await app.Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, null, null, deadline.Token);
        await app.Client.WaitForInstanceStartAsync(id, deadline.Token);
        return id;
    }

    private async Task UntilAsync(string id, OrchestrationRuntimeStatus status)
    {
        while ((await app.Client.GetInstanceAsync(id, deadline.Token))!.RuntimeStatus != status)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), deadline.Token);
        }
    }

    private async Task<long> CountAsync(string action)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>("select count(*) from audit_entries where action = @action", new { action });
    }

    // The hub's times are real, so this clock only goes ahead of the real one.
    private sealed class Clock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }

    private sealed class Waits : TaskOrchestrator<object?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, object? input) => context.WaitForExternalEvent<string>("go");
    }

    private sealed class Refuses : TaskOrchestrator<object?, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, object? input) => throw new InvalidOperationException("no");
    }

    private sealed class Sleeps : TaskOrchestrator<object?, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, object? input)
        {
            await context.CreateTimer(TimeSpan.FromSeconds(1.5), CancellationToken.None);
            return "awake";
        }
    }
}
