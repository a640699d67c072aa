using Dapper;
using Npgsql;
using OrchestratorFunctions.Operations.Telemetry;

namespace OrchestratorFunctions.Outbox;

/// <summary>
/// Sends what one address has waiting, in order, one sender at a time over all processes: whoever holds the address's advisory
/// lock sends the head until nothing is due. Between "sent" and "recorded" a crash can repeat one part, since Telegram knows no
/// idempotency key; nowhere else.
/// </summary>
internal sealed class OutboxSender(NpgsqlDataSource dataSource, OutboxStore store, IEnumerable<IChannel> channels, AppMetrics metrics, ILogger<OutboxSender> logger)
{
    private const int Namespace = 0x6F757462; // 'outb': advisory locks of other uses do not meet ours

    public async Task SendDueAsync(string address, CancellationToken cancellationToken)
    {
        if (channels.FirstOrDefault(channel => address.StartsWith(channel.AddressPrefix, StringComparison.Ordinal)) is not { } way)
        {
            return; // the channel is switched off; its messages wait for it
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        // Whoever appends while we hold the lock may fail to get it and leave the row to us: so look once more after letting go.
        while (await store.HeadAsync(connection, address, cancellationToken) is not null && await TryLockAsync(connection, address))
        {
            try
            {
                while (await store.HeadAsync(connection, address, cancellationToken) is { } head)
                {
                    await SendAsync(connection, way, head, cancellationToken);
                }
            }
            finally
            {
                await connection.ExecuteAsync("/* name: outbox.unlock */ select pg_advisory_unlock(@Namespace, hashtext(@address))", new { Namespace, address });
            }
        }
    }

    private async Task SendAsync(NpgsqlConnection connection, IChannel way, OutboxItem item, CancellationToken cancellationToken)
    {
        using var span = AppTracing.Continue("outbox send", item.Traceparent);
        var delivery = await way.DeliverAsync(item, messageId => store.RecordPartAsync(connection, item.Id, messageId, CancellationToken.None), cancellationToken);
        switch (delivery)
        {
            case Delivery.Sent:
                await store.SentAsync(connection, item.Id, CancellationToken.None);
                metrics.Message(item.Address, "sent");
                break;
            case Delivery.Later later:
                logger.LogWarning("Message {Id} to {Address} is tried again later: {Reason}", item.Id, item.Address, later.Reason);
                await store.RetryLaterAsync(connection, item.Id, later.Delay ?? Backoff(item.Attempts), later.Reason, CancellationToken.None);
                metrics.Message(item.Address, "retried");
                break;
            case Delivery.Refused refused:
                logger.LogError("Message {Id} to {Address} was refused for good and is parked: {Reason}", item.Id, item.Address, refused.Reason);
                await store.ParkAsync(connection, item.Id, refused.Reason, CancellationToken.None);
                metrics.Message(item.Address, "parked");
                break;
            case Delivery.Unreachable unreachable:
                logger.LogWarning("{Address} cannot be reached and is parked until it writes again: {Reason}", item.Address, unreachable.Reason);
                await store.ParkAddressAsync(connection, item.Address, unreachable.Reason, CancellationToken.None);
                metrics.Message(item.Address, "unreachable");
                break;
        }
    }

    // 1 s, 2 s, 4 s … up to 5 minutes: a vendor's outage is waited out, never given up on.
    private static TimeSpan Backoff(int attempts) => TimeSpan.FromSeconds(Math.Min(300, Math.Pow(2, Math.Min(attempts, 9))));

    private static Task<bool> TryLockAsync(NpgsqlConnection connection, string address) =>
        connection.ExecuteScalarAsync<bool>("/* name: outbox.try_lock */ select pg_try_advisory_lock(@Namespace, hashtext(@address))", new { Namespace, address });
}
