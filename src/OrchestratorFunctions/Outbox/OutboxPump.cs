using System.Collections.Concurrent;
using Npgsql;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Outbox;

/// <summary>Sends for nudged addresses, different addresses at the same time, and sweeps those whose nudge was lost or whose retry is due.</summary>
internal sealed class OutboxPump(OutboxNudge nudge, OutboxSender sender, ILogger<OutboxPump> logger) : BackgroundService
{
    private const int Senders = 8;
    private readonly ConcurrentDictionary<string, byte> waiting = new();

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Parallel.ForEachAsync(Distinct(stoppingToken), new ParallelOptions { MaxDegreeOfParallelism = Senders, CancellationToken = stoppingToken }, SendAsync)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.OnlyOnCanceled, TaskScheduler.Default);

    // An address that waits already need not wait twice; it is taken off the list before its rows are read.
    private async IAsyncEnumerable<string> Distinct([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var address in nudge.Addresses.ReadAllAsync(cancellationToken))
        {
            if (waiting.TryAdd(address, 0))
            {
                yield return address;
            }
        }
    }

    private async ValueTask SendAsync(string address, CancellationToken cancellationToken)
    {
        waiting.TryRemove(address, out _);
        try
        {
            await sender.SendDueAsync(address, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception fault)
        {
            logger.LogWarning("Sending to {Address} failed, the sweep tries again: {Reason}", address, fault.Message);
        }
    }
}

/// <summary>Finds messages that are due and nudges their addresses.</summary>
internal sealed class OutboxSweep(NpgsqlDataSource dataSource, OutboxStore store, OutboxNudge nudge) : ISweep
{
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        foreach (var address in await store.DueAddressesAsync(connection, cancellationToken))
        {
            nudge.For(address);
        }
    }
}
