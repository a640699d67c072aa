using CrashWorker;
using DurableTask;
using DurableTask.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

// A process to be killed: runs a worker, starts one instance (or finds it started), gives the event the instance waits for, and ends with the instance.
var (connectionString, instanceId) = (args[0], args[1]);
var registry = Flow.Register(new DurableTaskRegistry());
await using var services = new ServiceCollection()
    .AddSingleton(NpgsqlDataSource.Create(connectionString))
    .AddPostgresTaskHub(registry, options => (options.Lease, options.PollInterval) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.1)))
    .BuildServiceProvider();
var client = services.GetRequiredService<DurableTaskClient>();
var worker = services.GetRequiredService<TaskHubWorker>();
await worker.StartAsync(default);
await Flow.StartAsync(client, instanceId);
await Flow.DriveAsync(client, instanceId);
await worker.StopAsync(default);
