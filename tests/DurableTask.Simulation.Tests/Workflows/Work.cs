using DurableTask.Simulation.Tests.Clockwork;

namespace DurableTask.Simulation.Tests.Workflows;

internal sealed record Job(string Key, long Value, int Id, int Failures);

internal sealed record Done(long Value, int Run);

// The world outside, which activities act on: how often each job was begun, and which of its runs came to an end.
internal sealed class Work(Machine machine)
{
    public const string Name = "Work";

    private readonly Chance chance = machine.Seed.For("work");
    private readonly Dictionary<string, int> begun = new(StringComparer.Ordinal);
    private readonly HashSet<(string, int)> ended = [];

    public IReadOnlyDictionary<string, int> Begun => begun;

    public bool HasEnded(string key, int run) => ended.Contains((key, run));

    public async Task<Done> DoAsync(Process process, Job job, CancellationToken cancellation)
    {
        var run = begun[job.Key] = begun.GetValueOrDefault(job.Key) + 1;
        machine.Note($"{process.Name} begins {job.Key} run {run}");
        var millis = chance.Between(0, 20) switch { < 12 => 0, < 17 => chance.Between(1, 60), < 19 => chance.Between(60, 1500), _ => chance.Between(1500, 9000) };
        if (millis > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(millis), process.Clock, cancellation);
        }

        if (run <= job.Failures || job.Failures < 0)
        {
            throw new InvalidOperationException($"run {run} fails as planned");
        }

        ended.Add((job.Key, run));
        machine.Note($"{process.Name} ends {job.Key} run {run}");
        return new Done(Got.Mix(job.Value, job.Id), run);
    }
}
