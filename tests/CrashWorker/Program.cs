using CrashWorker;
using DurableTask;
using DurableTask.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

// A process to be killed, or whose database is: runs a worker and drives what it starts to its end.
//   CrashWorker flow CONNECTION INSTANCE         one instance of the flow, started here or found started
//   CrashWorker upkeep CONNECTION -              what operators do
//   CrashWorker errands CONNECTION PREFIX COUNT  that many errands
var (verb, connectionString, name) = (args[0], args[1], args[2]);
Func<DurableTaskRegistry, DurableTaskRegistry> register = verb switch { "flow" => Flow.Register, "upkeep" => Upkeep.Register, _ => Errand.Register };
await using var services = Process(options =>
{
    (options.Lease, options.PollInterval) = (TimeSpan.FromSeconds(verb == "flow" ? 1 : 5), TimeSpan.FromSeconds(0.1));
    if (verb == "upkeep")
    {
        Upkeep.Configure(options);
    }
});
var client = services.GetRequiredService<DurableTaskClient>();
var worker = services.GetRequiredService<TaskHubWorker>();
await worker.StartAsync(default);
switch (verb)
{
    case "flow":
        await Flow.StartAsync(client, name);
        await Flow.DriveAsync(client, name);
        break;
    case "upkeep":
        await using (var outside = Process(options => options.RunWorker = false))
        {
            await new Upkeep(client, outside.GetRequiredService<DurableTaskClient>(), services.GetRequiredService<NpgsqlDataSource>()).RunAsync();
        }

        break;
    default:
        await new Errands(client, name).RunAsync(int.Parse(args[3]));
        break;
}

await worker.StopAsync(default);

ServiceProvider Process(Action<PostgresTaskHubOptions> configure) => new ServiceCollection()
    .AddSingleton(NpgsqlDataSource.Create(connectionString)).AddPostgresTaskHub(register(new DurableTaskRegistry()), configure).BuildServiceProvider();
