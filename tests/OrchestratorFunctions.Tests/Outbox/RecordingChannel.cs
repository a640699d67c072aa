using System.Collections.Concurrent;
using OrchestratorFunctions.Outbox;

namespace OrchestratorFunctions.Tests.Outbox;

/// <summary>A way out that remembers what it said: each word of a message is a part of its own.</summary>
internal sealed class RecordingChannel : IChannel
{
    private readonly ConcurrentQueue<string> said = new();
    private readonly ConcurrentDictionary<string, int> speaking = new(StringComparer.Ordinal);
    private int last;

    public string AddressPrefix => "chat:";

    public IReadOnlyList<string> Said => [.. said];

    /// <summary>Addresses at which two spoke at the same time.</summary>
    public ConcurrentBag<string> Interrupted { get; } = [];

    /// <summary>What becomes of an item, instead of saying it.</summary>
    public Func<OutboxItem, Delivery?> Judge { get; set; } = _ => null;

    /// <summary>Called after a part was said and before it is recorded.</summary>
    public Action<string> AfterPart { get; set; } = _ => { };

    public async Task<Delivery> DeliverAsync(OutboxItem item, Func<long, Task> recordPart, CancellationToken cancellationToken)
    {
        if (speaking.AddOrUpdate(item.Address, 1, (_, count) => count + 1) > 1)
        {
            Interrupted.Add(item.Address);
        }

        try
        {
            await Task.Yield();
            if (Judge(item) is { } verdict)
            {
                return verdict;
            }

            if (item.EditsMessageId is { } edited)
            {
                said.Enqueue($"{item.Address} edits {edited}: {item.Markdown}");
                return new Delivery.Sent();
            }

            foreach (var word in item.Markdown.Split(' ').Skip(item.MessageIds.Count))
            {
                said.Enqueue($"{item.Address} {word}");
                AfterPart(word);
                await recordPart(Interlocked.Increment(ref last));
            }

            return new Delivery.Sent();
        }
        finally
        {
            speaking.AddOrUpdate(item.Address, 0, (_, count) => count - 1);
        }
    }
}
