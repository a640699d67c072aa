using CrashWorker;
using DurableTask;
using DurableTask.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

// A process to be killed, or whose database is: runs a worker and drives what it starts to its end.
//   CrashWorker flow CONNECTION INSTANCE         one instance of the flow, started here or found started
//   CrashWorker errands CONNECTION PREFIX COUNT  that many errands
var (verb, connectionString, name) = (args[0], args[1], args[2]);
var registry = verb == "flow" ? Flow.Register(new DurableTaskRegistry()) : Errand.Register(new DurableTaskRegistry());
await using var services = new ServiceCollection()
    .AddSingleton(NpgsqlDataSource.Create(connectionString))
    .AddPostgresTaskHub(registry, options => (options.Lease, options.PollInterval) = (TimeSpan.FromSeconds(verb == "flow" ? 1 : 5), TimeSpan.FromSeconds(0.1)))
    .BuildServiceProvider();
var client = services.GetRequiredService<DurableTaskClient>();
var worker = services.GetRequiredService<TaskHubWorker>();
await worker.StartAsync(default);
if (verb == "flow")
{
    await Flow.StartAsync(client, name);
    await Flow.DriveAsync(client, name);
}
else
{
    await new Errands(client, name).RunAsync(int.Parse(args[3]));
}

await worker.StopAsync(default);
