namespace OrchestratorFunctions.Telegram;

/// <summary>Asks Telegram for updates, again and again, where it cannot reach us.</summary>
internal sealed class TelegramPolling(TelegramPoll poll, TimeProvider time, ILogger<TelegramPolling> logger) : BackgroundService
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(3);

    // Below the 30 s deadline of the bot's HTTP client.
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (poll.IsOn && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await poll.OnceAsync(LongPoll, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                logger.LogWarning("Asking Telegram for updates failed, again in {Pause}: {Reason}", PauseAfterFailure, fault.Message);
                await Task.Delay(PauseAfterFailure, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
