using DurableTask.Simulation.Tests.Clients;
using DurableTask.Simulation.Tests.Clockwork;
using DurableTask.Simulation.Tests.Hub;
using DurableTask.Simulation.Tests.Mutations;
using DurableTask.Simulation.Tests.Verdicts;
using DurableTask.Simulation.Tests.Workflows;

namespace DurableTask.Simulation.Tests.Runs;

internal sealed record SeedResult(ulong Seed, IReadOnlyList<string> Violations, IReadOnlyList<string> Trace, Figures Figures)
{
    public bool IsRight => Violations.Count == 0;

    public string Report() => $"seed {Seed}: {string.Join("; ", Violations)}\n  again, with all that happened: ./test simulation --seed {Seed}";
}

// One seed from beginning to end, on the calling thread.
internal sealed class Simulation
{
    // Far behind what any seed needs when nothing hangs.
    private const long LongestMicros = 4L * 60 * 1_000_000;
    private const int MostStatements = 2_000;
    private const long BetweenLooks = 700_000;

    private readonly Machine machine;
    private readonly World world;
    private readonly Remains remains;
    private readonly List<Script> scripts = [];
    private int joined;
    private bool isOver;

    private Simulation(ulong seed, Server server, Mutation? mutation)
    {
        machine = new Machine(seed);
        var generator = new Generator(machine.Seed.For("workflows"));
        // In some seeds there is much to do and the database is slow: then more comes for an instance while its step waits for the commit.
        var isBusy = machine.Seed.For("busy").OneIn(3);
        var roots = generator.Roots(more: isBusy ? 4 : 0);
        world = new World(machine, server, generator.Made, mutation) { Slowness = isBusy ? 20 : 1 };
        remains = new Remains(world);
        for (var place = 0; place < roots.Count; place++)
        {
            scripts.Add(new Script(world, world.NewProcess($"client{place}"), Generator.InstanceOf(place), roots[place]));
        }
    }

    public static SeedResult Run(ulong seed, Server server, Mutation? mutation = null)
    {
        server.Clear();
        var simulation = new Simulation(seed, server, mutation);
        simulation.Play();
        return new SeedResult(seed, simulation.machine.Violations, simulation.machine.Trace, simulation.Figures());
    }

    private Figures Figures() => new(world.Statements, scripts.Count, world.Work.Runs, joined, world.Faults.Happened);

    private void Play()
    {
        for (var workers = machine.Seed.For("workers").Of(1, 2, 2, 3); workers > 0; workers--)
        {
            world.StartWorker();
        }

        // A later one may tell an earlier one something: that must be there.
        var before = Task.CompletedTask;
        foreach (var script in scripts)
        {
            script.Begin(before);
            before = script.Started;
        }

        machine.After(BetweenLooks, null, Look);
        while (!isOver && machine.Violations.Count == 0 && machine.Step())
        {
            if (machine.Now > LongestMicros || world.Statements > MostStatements)
            {
                machine.Violate($"nothing ends: {remains.Undone()} {string.Join(' ', remains.All().Values.Select(one => (one.Id, one.Status, one.Steps)))}");
            }
        }

        if (machine.Violations.Count == 0)
        {
            Judge();
        }
    }

    // Over when nobody has anything left to do.
    private void Look()
    {
        isOver = scripts.TrueForAll(script => script.IsDone) && remains.Undone() is (0, 0, 0, 0);
        machine.After(BetweenLooks, null, Look);
    }

    private void Judge()
    {
        var all = remains.All();
        foreach (var script in scripts)
        {
            try
            {
                Judge(script, all[script.InstanceId]);
            }
            catch (Mismatch mismatch)
            {
                machine.Violate(mismatch.Message);
            }
        }

        joined = all.Values.Sum(Remains.Joined);
        var registry = SimulatedWorker.RegistryOf(world, scripts[0].Process);
        foreach (var wrong in all.Values.SelectMany(one => Remains.Wrong(one, registry)))
        {
            machine.Violate(wrong);
        }
    }

    private void Judge(Script script, Instance instance)
    {
        var model = new Model(world.Work, world.Faults.IsFaultless);
        switch (instance.Status)
        {
            case "COMPLETED" when script.Workflow.Ending == Ending.Result:
                model.Check(script.Workflow, script.InstanceId, DurableJson.Read<Got>(instance.Output)!);
                if (model.HeardAgain > script.Repetitions)
                {
                    throw new Mismatch($"{script.InstanceId} heard {model.HeardAgain} events again, and {script.Repetitions} were said again");
                }

                break;
            case "FAILED":
                model.CheckFailure(script.Workflow, script.InstanceId, instance.Failure ?? "");
                break;
            case "TERMINATED" when script.Workflow.Ending == Ending.Terminated:
                break;
            default:
                throw new Mismatch($"{script.InstanceId} is {instance.Status}");
        }
    }
}
