namespace FunctionsHost.Hub;

/// <summary>
/// What the hub's traffic would be in transactions of the storage account, computed: the stand-in has no storage. By the Azure Storage provider's way of working without extended
/// sessions: a message is put, got and deleted; an episode reads the history, writes it in one batch and updates the instance. Polling of empty queues, leases and messages above 45 KB come on top.
/// </summary>
public sealed class StorageBill
{
    private long messages;
    private long episodes;

    /// <summary>Messages that were taken: starts, events, results, timers, activities.</summary>
    public long Messages => Interlocked.Read(ref messages);

    /// <summary>Episodes that orchestrators were sent.</summary>
    public long Episodes => Interlocked.Read(ref episodes);

    /// <summary>Transactions: three for a message, three for an episode.</summary>
    public long Transactions => (3 * Messages) + (3 * Episodes);

    internal void Took(int episodesTaken, int messagesTaken)
    {
        Interlocked.Add(ref episodes, episodesTaken);
        Interlocked.Add(ref messages, messagesTaken);
    }
}
