using DurableTask.PostgreSql.Database;
using DurableTask.Simulation.Tests.Clockwork;
using DurableTask.Simulation.Tests.Hub;
using DurableTask.Simulation.Tests.Workflows;
using DurableTask.Wire;
using Npgsql;

namespace DurableTask.Simulation.Tests.Verdicts;

internal sealed record Instance(string Id, string Status, string? Output, string? Failure, int Steps, string? Parked)
{
    public List<(int Step, byte[] Events)> History { get; } = [];
}

// What is in the database, and what every seed must leave there.
internal sealed class Remains(World world)
{
    private const string Open =
        """
        /* name: durable.simulation_open */
        select (select count(*) from durable.instances where finished_at is null), (select count(*) from durable.messages), (select count(*) from durable.activities), (select count(*) from durable.timers)
        """;

    private const string Instances = "/* name: durable.simulation_instances */ select instance_id, status, output, failure, steps, parked_reason from durable.instances order by instance_id";

    private const string Histories = "/* name: durable.simulation_histories */ select instance_id, step, events from durable.history order by instance_id, step";

    // Unfinished instances, and rows of mail, activities and timers.
    public (long Instances, long Mail, long Activities, long Timers) Undone() => world.Look(
        batch => batch.Named(Open),
        async reader =>
        {
            await reader.ReadAsync();
            return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
        });

    public Dictionary<string, Instance> All() => world.Look(
        batch =>
        {
            batch.Named(Instances);
            batch.Named(Histories);
        },
        async reader =>
        {
            Dictionary<string, Instance> all = new(StringComparer.Ordinal);
            while (await reader.ReadAsync())
            {
                all.Add(reader.GetString(0), new Instance(reader.GetString(0), reader.GetString(1), reader.TextOrNull(2), reader.TextOrNull(3), reader.GetInt32(4), reader.TextOrNull(5)));
            }

            await reader.NextResultAsync();
            while (await reader.ReadAsync())
            {
                all[reader.GetString(0)].History.Add((reader.GetInt32(1), reader.GetFieldValue<byte[]>(2)));
            }

            return all;
        });

    // How many steps became true with the one before, as what came while that waited for its commit.
    public static int Joined(Instance instance) =>
        instance.History.Sum(one => Math.Max(0, HistoryChunk.Parser.ParseFrom(one.Events).Events.Count(any => any.EventTypeCase == HistoryEvent.EventTypeOneofCase.OrchestratorStarted) - 1));

    // Each end is told once, steps have no holes, and the code does again what history says.
    public static IEnumerable<string> Wrong(Instance instance, DurableTaskRegistry registry)
    {
        if (instance.Parked is { } reason)
        {
            yield return $"{instance.Id} is parked: {reason}";
        }

        if (!instance.History.Select(one => one.Step).SequenceEqual(Enumerable.Range(0, instance.Steps)))
        {
            yield return $"{instance.Id} is at step {instance.Steps} and has the history {string.Join(' ', instance.History.Select(one => one.Step))}";
        }

        List<HistoryEvent> events = [.. instance.History.SelectMany(one => HistoryChunk.Parser.ParseFrom(one.Events).Events)];
        foreach (var twice in events.Select(Once).Where(one => one is not null).GroupBy(one => one).Where(one => one.Count() > 1))
        {
            yield return $"{instance.Id} was told twice: {twice.Key}";
        }

        if (HistoryReplay.FirstDivergence(registry, SimulatedWorker.Services, new OrchestrationHistory(instance.Id, events)) is { } divergence)
        {
            yield return $"{instance.Id} cannot be replayed: {divergence}";
        }
    }

    private static string? Once(HistoryEvent one) => one.EventTypeCase switch
    {
        HistoryEvent.EventTypeOneofCase.ExecutionStarted => "started",
        HistoryEvent.EventTypeOneofCase.TaskCompleted => $"activity {one.TaskCompleted.TaskScheduledId}",
        HistoryEvent.EventTypeOneofCase.TimerFired => $"timer {one.TimerFired.TimerId}",
        HistoryEvent.EventTypeOneofCase.SubOrchestrationInstanceCompleted => $"child {one.SubOrchestrationInstanceCompleted.TaskScheduledId}",
        HistoryEvent.EventTypeOneofCase.SubOrchestrationInstanceFailed => $"child {one.SubOrchestrationInstanceFailed.TaskScheduledId}",
        _ => null,
    };
}
