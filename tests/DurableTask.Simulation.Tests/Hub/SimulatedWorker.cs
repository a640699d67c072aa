using DurableTask.PostgreSql;
using DurableTask.PostgreSql.Hub;
using DurableTask.Simulation.Tests.Clockwork;
using DurableTask.Simulation.Tests.Workflows;
using Microsoft.Extensions.DependencyInjection;

namespace DurableTask.Simulation.Tests.Hub;

// The real engine in a process of the machine, in its own loops.
internal sealed class SimulatedWorker
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(6);

    public static readonly IServiceProvider Services = new ServiceCollection().BuildServiceProvider();

    private readonly World world;
    private readonly Wakeups wakeups = new();
    private readonly PostgresTaskHubOptions options;
    private readonly ProcessLog log;
    private readonly CancellationTokenSource stopping = new();

    public SimulatedWorker(World world, Process process)
    {
        (this.world, Process) = (world, process);
        var chance = world.Machine.Seed.For(process.Name + " options");
        options = new PostgresTaskHubOptions
        {
            Lease = Lease,
            PollInterval = TimeSpan.FromSeconds(4),
            MaxConcurrentActivities = chance.Of(1, 2, 32),
            MaxConcurrentInstances = chance.Of(2, 256),
            WarmSessions = chance.Of(0, 1, 1000, 1000),
            CommitCrowd = chance.Of(1, 2, 16),
        };
        log = new ProcessLog(world.Machine, process);
        Engine = new TaskHubEngine(
            new SimulatedDatabase(world, process, this), RegistryOf(world, process), Services, log, wakeups, options, process.Clock, process.Name, world.NewId, process);
    }

    public Process Process { get; }

    public TaskHubEngine Engine { get; }

    // Whether clients in its process may give it their mail directly.
    public bool TakesMail => wakeups.Engine is not null;

    public static DurableTaskRegistry RegistryOf(World world, Process process) => new DurableTaskRegistry()
        .AddOrchestratorFunc<Begin, Got>(Interpreter.Name, (context, begin) => new Interpreter(context, world.Workflows, begin).RunAsync())
        .AddActivityFunc<Job, Done>(Work.Name, (context, job) => world.Work.DoAsync(process, job, context.CancellationToken));

    public void Wake() => wakeups.All();

    public void Start() => Process.Begin(async () =>
    {
        world.Machine.Note($"{Process.Name} starts");
        await new EngineLoops(Engine, wakeups, options, Process.Clock, log).RunAsync(stopping.Token);
        Process.Die();
    });

    // As the host does it: nothing more is taken, and what runs may end.
    public void Stop() => stopping.Cancel();
}
