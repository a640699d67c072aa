using DurableTask.Wire;
using Google.Protobuf;

namespace DurableTask.Replay;

// How an instance learns what it missed while the host held it failed, when everything that was on its way to it was dropped: by two events, which only an engine raises and
// no orchestrator sees. Both are part of history, so a replay does the same.
internal static class LostMail
{
    // Whatever is open may have been answered: timers have fired, activities are called again.
    public const string WakeEvent = "DurableTask.Wake";

    // The end of a child, told once more.
    public const string AgainEvent = "DurableTask.Again";

    public static bool Is(HistoryEvent one) => one.EventRaised is { } raised
        && (raised.Name.Equals(WakeEvent, StringComparison.OrdinalIgnoreCase) || raised.Name.Equals(AgainEvent, StringComparison.OrdinalIgnoreCase));

    // Bound to the execution that it is for: the numbers of another one's steps mean something else.
    public static SentAgain Write(string executionId, HistoryEvent one) => new(executionId, one.ToByteString().ToBase64());

    // What a message says: itself, the event that it tells again, or, when it only wakes or is for another execution, a generic event like the host's own after a rewind.
    public static HistoryEvent Open(HistoryEvent message, ExecutionStartedEvent? started) =>
        !Is(message) ? message
        : DurableJson.Read<SentAgain>(message.EventRaised.Input) is { } again && again.ExecutionId == started?.OrchestrationInstance?.ExecutionId
            ? HistoryEvent.Parser.ParseFrom(ByteString.FromBase64(again.Event))
            : new HistoryEvent { EventId = -1, Timestamp = message.Timestamp, GenericEvent = new GenericEvent() };

    public sealed record SentAgain(string ExecutionId, string Event);
}
