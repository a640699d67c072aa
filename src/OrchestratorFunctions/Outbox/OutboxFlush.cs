namespace OrchestratorFunctions.Outbox;

/// <summary>Sends for the nudged addresses in the caller's own time: for hosting that may freeze a process as soon as a call is answered.</summary>
internal sealed class OutboxFlush(OutboxNudge nudge, OutboxSender sender, ILogger<OutboxFlush> logger)
{
    private const int Senders = 8;

    /// <summary>Sends until no address is nudged. Never throws: what fails is found by the sweep.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (Nudged() is { Count: > 0 } addresses)
        {
            await Parallel.ForEachAsync(addresses, new ParallelOptions { MaxDegreeOfParallelism = Senders }, async (address, _) =>
            {
                try
                {
                    await sender.SendDueAsync(address, cancellationToken);
                }
                catch (Exception fault)
                {
                    logger.LogWarning("Sending to {Address} failed, the sweep tries again: {Reason}", address, fault.Message);
                }
            });
        }
    }

    private HashSet<string> Nudged()
    {
        var addresses = new HashSet<string>(StringComparer.Ordinal);
        while (nudge.Addresses.TryRead(out var address))
        {
            addresses.Add(address);
        }

        return addresses;
    }
}
