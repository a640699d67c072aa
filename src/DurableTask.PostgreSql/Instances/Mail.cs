using DurableTask.PostgreSql.Activities;
using DurableTask.PostgreSql.Database;
using DurableTask.Wire;
using Npgsql;

namespace DurableTask.PostgreSql.Instances;

// What an instance is told. Where it comes from decides what must go, or who must hear of it, when the step that takes it in is committed.
internal abstract record Mail
{
    // The generation it is for; null = whichever runs.
    public virtual string? ExecutionId => null;

    public abstract HistoryEvent Event { get; }
}

// A row of the inbox. Read when it is used and not when it is taken: one that cannot be read is this instance's trouble alone.
internal sealed record StoredMail(long Id, string? For, bool IsCarried, byte[] Bytes, int Attempts, string? LastError) : Mail
{
    // From the second column on, in this order.
    public static StoredMail Read(NpgsqlDataReader reader) =>
        new(reader.GetInt64(1), reader.TextOrNull(2), reader.GetBoolean(3), reader.GetFieldValue<byte[]>(4), reader.GetInt32(5), reader.TextOrNull(6));

    public override string? ExecutionId => For;

    public override HistoryEvent Event => HistoryEvent.Parser.ParseFrom(Bytes);
}

// The answer of an activity that ran here; its row is leased to this worker until the step has it.
internal sealed record ActivityResult(ActivityClaim Activity, HistoryEvent Event) : Mail
{
    public override string? ExecutionId => Activity.Key.ExecutionId;

    public override HistoryEvent Event { get; } = Event;
}

// From a client in this process, who waits until it is stored.
internal record DirectMail(HistoryEvent Event) : Mail
{
    public override HistoryEvent Event { get; } = Event;

    public TaskCompletionSource Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

// The first of all: with the step that takes it in, the instance comes into being.
internal sealed record StartMail(InstanceState Instance, HistoryEvent Event) : DirectMail(Event);
