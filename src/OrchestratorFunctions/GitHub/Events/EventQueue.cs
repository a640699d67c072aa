using Npgsql;
using OrchestratorFunctions.GitHub.Api;
using OrchestratorFunctions.GitHub.Webhook;

namespace OrchestratorFunctions.GitHub.Events;

/// <summary>
/// Handles what one queue has waiting, in order, one handler at a time over all processes. GitHub's outage is waited out; what fails
/// otherwise is tried five times and then set aside, so that the later ones go on.
/// </summary>
internal sealed class EventQueue(NpgsqlDataSource dataSource, DeliveryStore store, QueueLockStore locks, EventReader reader, EventHandling handling, ILogger<EventQueue> logger)
{
    private const int MostAttempts = 5;

    public async Task HandleDueAsync(string queue, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        // Whoever stores while we hold the lock may fail to get it and leave the row to us: so look once more after letting go.
        bool found;
        do
        {
            if (!await locks.TryTakeAsync(connection, queue, cancellationToken))
            {
                return;
            }

            found = false;
            try
            {
                while (await store.ClaimAsync(connection, queue, cancellationToken) is { } delivery)
                {
                    found = true;
                    await HandleAsync(connection, delivery, cancellationToken);
                }
            }
            finally
            {
                await locks.ReleaseAsync(connection, queue);
            }
        }
        while (found);
    }

    private async Task HandleAsync(NpgsqlConnection connection, StoredDelivery delivery, CancellationToken cancellationToken)
    {
        try
        {
            // The count includes this attempt: a delivery that kills the process never gets to the catch below.
            if (delivery.Attempts > MostAttempts)
            {
                await store.ParkAsync(connection, delivery.Id, "it was taken up too often without an end", cancellationToken);
                return;
            }

            var ignored = await handling.HandleAsync(delivery, reader.Read(delivery.Event, Payload.Read(delivery.Payload)), cancellationToken);
            await store.DoneAsync(connection, delivery.Id, ignored, cancellationToken);
        }
        catch (GitHubException fault) when (fault.IsPassing)
        {
            logger.LogWarning("GitHub delivery {DeliveryId} waits: {Reason}", delivery.DeliveryId, fault.Message);
            await store.LaterAsync(connection, delivery.Id, fault.RetryAfter ?? TimeSpan.FromSeconds(10), fault.Message, counts: false, CancellationToken.None);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            logger.LogError(fault, "GitHub delivery {DeliveryId} failed, attempt {Attempt} of {Most}", delivery.DeliveryId, delivery.Attempts, MostAttempts);
            await (delivery.Attempts >= MostAttempts
                ? store.ParkAsync(connection, delivery.Id, fault.GetType().Name, CancellationToken.None)
                : store.LaterAsync(connection, delivery.Id, TimeSpan.FromSeconds(Math.Pow(2, delivery.Attempts)), fault.GetType().Name, counts: true, CancellationToken.None));
        }
    }
}
