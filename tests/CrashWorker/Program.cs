using CrashWorker;
using DurableTask;
using DurableTask.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

// A process to be killed: starts one instance (or finds it started), runs a worker, gives the event the instance waits for, and ends with the instance.
var (connectionString, instanceId) = (args[0], args[1]);
var registry = new DurableTaskRegistry().AddOrchestrator<Flow>().AddOrchestrator<FlowChild>().AddActivity<Effect>();
await using var services = new ServiceCollection()
    .AddSingleton(NpgsqlDataSource.Create(connectionString))
    .AddPostgresTaskHub(registry, options => (options.Lease, options.PollInterval) = (TimeSpan.FromSeconds(0.6), TimeSpan.FromSeconds(0.1)))
    .BuildServiceProvider();
var client = services.GetRequiredService<DurableTaskClient>();
await client.ScheduleNewOrchestrationInstanceAsync(nameof(Flow), new FlowState(1, []), new StartOrchestrationOptions(instanceId));
var worker = services.GetRequiredService<TaskHubWorker>();
await worker.StartAsync(default);
while (await client.GetInstanceAsync(instanceId, getInputsAndOutputs: true) is { IsCompleted: false } found)
{
    if (found.ReadCustomStatusAs<string>() == "waiting")
    {
        try
        {
            await client.RaiseEventAsync(instanceId, "go", "event");
        }
        catch (OrchestrationFinishedException)
        {
        }
    }

    await Task.Delay(20);
}

await worker.StopAsync(default);
