using DurableTask.Wire;

namespace DurableTask.PostgreSql.Instances;

// An instance this worker holds for one step, and what has arrived for it.
internal sealed record ClaimedInstance(
    string InstanceId, string ExecutionId, string Name, string? Version, int Steps, long Epoch, int Attempts, DateTimeOffset UpdatedAt, ParentLink? Parent, string? LastError)
{
    public List<(long Id, string? ExecutionId, byte[] Event)> Messages { get; } = [];

    // Results for a generation that has continued as new are of no use to this one. What starts the generation comes first.
    // Read here and not while claiming: a message that cannot be read is this instance's trouble alone.
    public IEnumerable<HistoryEvent> Events => Messages
        .Where(message => message.ExecutionId is null || message.ExecutionId == ExecutionId)
        .Select(message => HistoryEvent.Parser.ParseFrom(message.Event))
        .OrderBy(one => one.EventTypeCase == HistoryEvent.EventTypeOneofCase.ExecutionStarted ? 0 : 1);
}

internal sealed record ParentLink(string InstanceId, string ExecutionId, int TaskId, string Name);
