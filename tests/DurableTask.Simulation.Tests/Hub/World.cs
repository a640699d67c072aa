using DurableTask.PostgreSql.Database;
using DurableTask.Simulation.Tests.Clockwork;
using DurableTask.Simulation.Tests.Mutations;
using DurableTask.Simulation.Tests.Workflows;
using Npgsql;

namespace DurableTask.Simulation.Tests.Hub;

// What all processes of a seed share: the machine, the database, the workflows, and the world that activities act on.
internal sealed class World(Machine machine, Server server, IReadOnlyDictionary<int, Workflow> workflows, Mutation? mutation)
{
    private readonly Chance chance = machine.Seed.For("world");
    private readonly List<SimulatedWorker> workers = [];
    private int ids;
    private int started;

    public Machine Machine => machine;

    public Server Server => server;

    public Mutation? Mutation => mutation;

    public IReadOnlyDictionary<int, Workflow> Workflows => workflows;

    public Work Work => field ??= new Work(this);

    public FaultPlan Faults { get; } = new(machine.Seed.For("faults"));

    public IReadOnlyList<SimulatedWorker> Workers => workers;

    // How many times as long as usual the database takes.
    public int Slowness { get; init; } = 1;

    public long Statements { get; private set; }

    public string NewId() => $"id{ids++}";

    public Process NewProcess(string name) => new(machine, name, skew: chance.Between(-40_000, 40_000));

    // And another one in its place whenever it dies.
    public void StartWorker()
    {
        var worker = new SimulatedWorker(this, NewProcess($"p{started++}"));
        workers.Add(worker);
        worker.Process.WhenDead(() =>
        {
            machine.Note($"{worker.Process.Name} is gone");
            workers.Remove(worker);
            machine.After(chance.Between(20_000, 1_500_000), null, StartWorker);
        });
        worker.Start();
    }

    // After each batch that was executed. Who is told of new work may miss it.
    public void Executed(string[] names)
    {
        Statements++;
        if (names.Contains("notify"))
        {
            foreach (var worker in workers.Where(_ => !chance.OneIn(5)))
            {
                machine.After(chance.Between(100, 3_000), worker.Process, worker.Wake);
            }
        }
    }

    // A look from outside, at once and without anybody's notice. Inside of a task it must be read without waiting.
    public T Look<T>(Action<NpgsqlBatch> fill, Func<NpgsqlDataReader, Task<T>> read)
    {
        using var batch = new NpgsqlBatch();
        fill(batch);
        return server.Run(batch, read);
    }
}
