using DurableTask.Simulation.Tests.Hub;
using Npgsql;

namespace DurableTask.Simulation.Tests.Mutations;

// A guard of the engine taken out: one statement without the words that hold it.
internal sealed record Mutation(string Guard, string Statement, string With, string Without)
{
    private const string OfThisTransaction = "where i.xmin = pg_current_xact_id()::xid";
    private const string OfAny = "where i.xmin is not null";

    // Not among them: the generation in the fence, the refusal of a step whose mail is gone, and the holder in complete_activities. The plan has not made a seed fail without
    // them; a test of FencingTests each does, on the hub itself.
    public static readonly IReadOnlyList<Mutation> All =
    [
        new("a step is fenced by its number", "commit_steps", " and i.steps = s.step", ""),
        new("what waits in the inbox is not overtaken", "commit_steps", "s.until is null or not exists", "true or not exists"),
        new("a step takes a result only from who holds the activity", "commit_steps", " and a.epoch = r.result_epoch and a.worker = $1", "") { First = 1500 },
        new("a step whose activity is somebody else's is refused", "commit_steps", "then durable.fence(0) end", "then null end"),
        new("a refused step calls no activity", "add_activities", OfThisTransaction, OfAny),
        new("a refused step sets no timer", "add_timers", OfThisTransaction, OfAny),
        new("mail goes with the step that takes it", "take_mail", "delete from durable.messages where", "update durable.messages set attempts = attempts where"),
        new("a leased activity is not claimed", "claim_activities", "ready_at <= $3 and ", "$3::timestamptz is not null and "),
        new("a timer is gone when it fires", "fire_timers", "delete from durable.timers where", "update durable.timers set fire_at = fire_at + interval '1 second' where"),
        new("an instance is started once, here", "create_instances", "on conflict (instance_id) do nothing", "on conflict (instance_id) do update set execution_id = excluded.execution_id, steps = 1, status = excluded.status, finished_at = excluded.finished_at"),
        new("an instance is started once, by a row", "start_instance", "select instance_id, execution_id, $6, $8 from created where not later", "select $1, null, $6, $8"),
    ];

    private int applied;

    // The seed that the test begins with: a guard may be needed so seldom that most seeds would be run in vain.
    public ulong First { get; init; } = 1;

    // Words that are no longer there are not a guard that is missing.
    public bool IsApplied => Volatile.Read(ref applied) > 0;

    // A statement may have a form that needs no guard: a step that takes no result asks for no holder.
    public void Apply(NpgsqlBatch batch)
    {
        foreach (var command in batch.BatchCommands.Cast<NpgsqlBatchCommand>()
            .Where(command => Hub.Statement.NameOf(command.CommandText) == Statement && command.CommandText.Contains(With, StringComparison.Ordinal)))
        {
            command.CommandText = command.CommandText.Replace(With, Without, StringComparison.Ordinal);
            Interlocked.Increment(ref applied);
        }
    }
}
