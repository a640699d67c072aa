using DurableTask.PostgreSql.Activities;
using DurableTask.PostgreSql.Database;
using DurableTask.Wire;
using Npgsql;

namespace DurableTask.PostgreSql.Instances;

// All that is known of an instance, in one round trip; of many that are asked for at once as well.
internal sealed class InstanceLoader(HubDatabase database, string worker)
{
    private const string LoadInstances =
        """
        /* name: durable.load_instances */
        select instance_id, execution_id, name, version, steps, parent_instance_id, parent_execution, parent_task_id, parent_name, updated_at, start_at, status, finished_at is not null, parked_reason is not null, task_key, created_at, tags
        from durable.instances where instance_id = any ($1)
        """;

    private const string LoadMail =
        """
        /* name: durable.load_mail */
        select instance_id, id, execution_id, carried, event, attempts, last_error from durable.messages where instance_id = any ($1) order by carried desc, id
        """;

    private const string LoadHistory =
        """
        /* name: durable.load_history */
        select instance_id, step, events from durable.history where instance_id = any ($1) order by instance_id, step
        """;

    private const string LoadHeld =
        """
        /* name: durable.load_held */
        select instance_id, execution_id, task_id, epoch from durable.activities where instance_id = any ($1) and worker = $2
        """;

    public async Task<IReadOnlyList<LoadedInstance?>> LoadAsync(IReadOnlyList<string> instanceIds)
    {
        var ids = instanceIds.Distinct(StringComparer.Ordinal).ToArray();
        var found = await database.RunAsync(
            batch =>
            {
                batch.Named(LoadInstances).Parameters.Texts(ids);
                batch.Named(LoadMail).Parameters.Texts(ids);
                batch.Named(LoadHistory).Parameters.Texts(ids);
                batch.Named(LoadHeld).Parameters.Texts(ids).Text(worker);
            },
            ReadAsync);
        return [.. instanceIds.Select(id => found.GetValueOrDefault(id))];
    }

    private static async Task<Dictionary<string, LoadedInstance>> ReadAsync(NpgsqlDataReader reader)
    {
        Dictionary<string, LoadedInstance> found = new(StringComparer.Ordinal);
        while (await reader.ReadAsync())
        {
            found.Add(reader.GetString(0), Instance(reader));
        }

        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            if (found.TryGetValue(reader.GetString(0), out var instance))
            {
                instance.Mail.Add(StoredMail.Read(reader));
            }
        }

        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            if (found.TryGetValue(reader.GetString(0), out var instance))
            {
                instance.History.Add((reader.GetInt32(1), reader.GetFieldValue<byte[]>(2)));
            }
        }

        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            if (found.TryGetValue(reader.GetString(0), out var instance))
            {
                instance.Held.Add((new ActivityKey(reader.GetString(0), reader.GetString(1), reader.GetInt32(2)), reader.GetInt64(3)));
            }
        }

        return found;
    }

    private static LoadedInstance Instance(NpgsqlDataReader reader) => new(
        new InstanceState(
            reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.TextOrNull(3), reader.GetInt32(4),
            reader.IsDBNull(5) ? null : new ParentLink(reader.GetString(5), reader.GetString(6), reader.GetInt32(7), reader.GetString(8)),
            reader.GetFieldValue<DateTimeOffset>(15), reader.GetFieldValue<DateTimeOffset>(9)) { Tags = reader.TextOrNull(16) },
        reader.GetFieldValue<DateTimeOffset>(10), reader.GetString(11), reader.GetBoolean(12), reader.GetBoolean(13), reader.GetString(14));
}

internal sealed record LoadedInstance(InstanceState State, DateTimeOffset StartAt, string Status, bool IsFinished, bool IsParked, string TaskKey)
{
    public List<StoredMail> Mail { get; } = [];

    public List<(int Step, byte[] Events)> History { get; } = [];

    public HashSet<(ActivityKey Key, long Epoch)> Held { get; } = [];

    // The four looks are not one: a step may have been made in between. Then the next look is taken.
    public bool IsWhole => (History.Count == 0 ? 0 : History[^1].Step + 1) == State.Steps;

    public IReadOnlyCollection<HistoryEvent> Events => [.. History.SelectMany(step => HistoryChunk.Parser.ParseFrom(step.Events).Events)];
}
