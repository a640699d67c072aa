using DurableTask.PostgreSql.Client;
using DurableTask.PostgreSql.Database;
using DurableTask.PostgreSql.Hub;
using Microsoft.Extensions.DependencyInjection;

namespace DurableTask.PostgreSql.Tests.Hub;

public class TaskHubEngineTests
{
    [Fact]
    public async Task A_look_hears_of_a_timer_that_another_process_has_stored_before_it_is_due()
    {
        await using var hub = await TestHub.CreateAsync();
        var due = new DateTimeOffset(2100, 1, 2, 3, 4, 5, TimeSpan.Zero);
        await hub.CountAsync(
            $"""
            insert into durable.instances (instance_id, execution_id, name, version, status, created_at, updated_at, start_at) values ('i', 'x', 'Any', '', 'RUNNING', now(), now(), now());
            insert into durable.timers (instance_id, execution_id, task_id, fire_at, event) values ('i', 'x', 0, '{due:O}', '');
            select 0
            """);
        Wakeups wakeups = new();
        await using var services = new ServiceCollection().BuildServiceProvider();
        using var engine = new TaskHubEngine(
            new HubDatabase(hub.Database.DataSource), new DurableTaskRegistry(), services, hub.Log, wakeups, new PostgresTaskHubOptions(), TimeProvider.System, "w", () => "x", TaskScheduler.Default);
        await engine.LookAsync(default);
        Assert.Equal(due, wakeups.NextTimer);
        await engine.StopAsync();
    }

    [Fact]
    public async Task A_start_that_meets_a_worker_which_has_just_stopped_is_left_to_another_one()
    {
        await using var hub = await TestHub.CreateAsync();
        var process = await hub.AddProcessAsync(r => r.AddOrchestratorFunc<int, int>("Any", (_, one) => Task.FromResult(one)));
        var wakeups = process.GetRequiredService<Wakeups>();
        await Eventually.Async(() => Task.FromResult(wakeups.Engine is not null));
        var engine = wakeups.Engine;
        await process.GetRequiredService<TaskHubWorker>().StopAsync(default);
        wakeups.Engine = engine;
        await process.GetRequiredService<DurableTaskClient>().ScheduleNewOrchestrationInstanceAsync("Any", 1, new StartOrchestrationOptions("late"));
        Assert.Equal(1, await hub.CountAsync("select count(*) from durable.messages as m join durable.instances using (instance_id, execution_id) where instance_id = 'late'"));
    }
}
