using Azure;
using Azure.Storage.Queues;
using DurableTask.AzureFunctions;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Functions;

/// <summary>
/// Nudges as messages of a storage queue. On plans that scale HTTP functions apart from durable ones, a webhook's process never learns where the task hub is; the
/// queue's function is bound to it.
/// </summary>
internal sealed class WakeupQueue(IOptions<StorageOptions> storage, HubReach hub) : IWakeupQueue
{
    // A nudge is worthless once a sweep has done its work; it must not stay for the usual week.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);
    private readonly Lazy<QueueClient> queue = new(() => storage.Value.Queue(AppFunctions.WakeupQueueName));

    public bool HubIsKnown => hub.IsKnown;

    public async Task PutAsync(QueuedWakeup wakeup, CancellationToken cancellationToken)
    {
        var message = wakeup.ToJson();
        try
        {
            await queue.Value.SendMessageAsync(message, timeToLive: Lifetime, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException missing) when (missing.Status == StatusCodes.Status404NotFound)
        {
            await queue.Value.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await queue.Value.SendMessageAsync(message, timeToLive: Lifetime, cancellationToken: cancellationToken);
        }
    }
}
