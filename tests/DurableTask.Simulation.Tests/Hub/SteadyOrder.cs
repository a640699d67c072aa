using System.Collections.Concurrent;
using Npgsql;

namespace DurableTask.Simulation.Tests.Hub;

// Where the engine does not care in which order rows come, the server may choose by where they happen to lie. A seed must come out the same on every database, so here they are sorted.
internal static class SteadyOrder
{
    private const string Claimed = "), claimed as (update ";
    private static readonly ConcurrentDictionary<string, string> Sorted = new(StringComparer.Ordinal);

    public static void Apply(NpgsqlBatch batch)
    {
        foreach (var command in batch.BatchCommands.Cast<NpgsqlBatchCommand>())
        {
            command.CommandText = Sorted.GetOrAdd(command.CommandText, Sort);
        }
    }

    private static string Sort(string sql) => Statement.NameOf(sql) switch
    {
        "claim_mail" => Change(sql, (")\nupdate ", Claimed), ("order by m.visible_at, m.id", "order by m.visible_at, m.instance_id, m.id")) + ") select * from claimed order by 1, 2",
        "claim_activities" => Change(sql, (")\nupdate ", Claimed), ("order by ready_at", "order by ready_at, instance_id, execution_id, task_id")) + ") select * from claimed order by 1, 2, 3",
        "fire_timers" => Change(sql, ("order by fire_at\n    limit", "order by fire_at, instance_id, task_id\n    limit")),
        _ => sql,
    };

    private static string Change(string sql, params ReadOnlySpan<(string From, string To)> changes)
    {
        foreach (var (from, to) in changes)
        {
            sql = sql.Contains(from, StringComparison.Ordinal) ? sql.Replace(from, to, StringComparison.Ordinal) : throw new InvalidOperationException($"The statement {Statement.NameOf(sql)} no longer says: {from}");
        }

        return sql;
    }
}
