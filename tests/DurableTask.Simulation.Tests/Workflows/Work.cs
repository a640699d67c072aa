using DurableTask.PostgreSql.Database;
using DurableTask.Simulation.Tests.Clockwork;
using DurableTask.Simulation.Tests.Hub;

namespace DurableTask.Simulation.Tests.Workflows;

internal sealed record Job(string Key, long Value, int Id, int Failures);

internal sealed record Done(long Value, int Run);

// The world outside, which activities act on: which runs of each job were begun, by whom, and which of them came to an end.
internal sealed class Work(World world)
{
    public const string Name = "Work";

    private const string Holder = "/* name: durable.simulation_holder */ select 1 from durable.activities where worker = $1 and input like $2";

    private readonly Chance chance = world.Machine.Seed.For("work");
    private readonly Dictionary<string, List<(string Process, bool Held)>> begun = new(StringComparer.Ordinal);
    private readonly HashSet<(string, int)> ended = [];
    private readonly bool isSlow = world.Machine.Seed.For("slow").OneIn(8);

    public int Runs => begun.Values.Sum(runs => runs.Count);

    public int Begun(string key) => begun.TryGetValue(key, out var runs) ? runs.Count : 0;

    // Whether somebody else had taken the job over before it was begun once more: then nothing that was begun before may count. Who has been asleep may begin what he has lost.
    public bool WasTakenOver(string key, int run) => begun[key].Skip(run).Any(later => later.Held && later.Process != begun[key][run - 1].Process);

    public bool HasEnded(string key, int run) => ended.Contains((key, run));

    public async Task<Done> DoAsync(Process process, Job job, CancellationToken cancellation)
    {
        var runs = begun.TryGetValue(job.Key, out var some) ? some : begun[job.Key] = [];
        runs.Add((process.Name, world.Faults.IsFaultless || Holds(process.Name, job.Key)));
        var run = runs.Count;
        world.Machine.Note($"{process.Name} begins {job.Key} run {run}");
        var millis = Millis();
        if (world.Faults.PausesActivity())
        {
            world.Machine.Note($"{process.Name} FAULT Pause in {job.Key} run {run}");
            process.Pause(world.Faults.Micros());
        }

        if (millis > 0)
        {
            // Not everybody's code hears that it should stop.
            await Task.Delay(TimeSpan.FromMilliseconds(millis), process.Clock, chance.OneIn(3) ? CancellationToken.None : cancellation);
        }

        if (run <= job.Failures || job.Failures < 0)
        {
            throw new InvalidOperationException($"run {run} fails as planned");
        }

        ended.Add((job.Key, run));
        world.Machine.Note($"{process.Name} ends {job.Key} run {run}");
        return new Done(Got.Mix(job.Value, job.Id), run);
    }

    // In some seeds all is slow: leases run out on one worker while another is still at it.
    private int Millis() => chance.Between(0, 20) switch
    {
        > 8 when isSlow => chance.Between(1_500, 9_000),
        < 12 => 0,
        < 17 => chance.Between(1, 60),
        < 19 => chance.Between(60, 1_500),
        _ => chance.Between(1_500, 9_000),
    };

    private bool Holds(string process, string key) => world.Look(
        batch => batch.Named(Holder).Parameters.Text(process).Text($"%\"{key}\"%"),
        reader => Task.FromResult(reader.Read()));
}
