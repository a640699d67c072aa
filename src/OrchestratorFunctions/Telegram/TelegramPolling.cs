using Microsoft.Extensions.Options;
using Telegram.Bot;
using Telegram.Bot.Types.Enums;

namespace OrchestratorFunctions.Telegram;

/// <summary>
/// Asks Telegram for updates where it cannot reach us. An update is acknowledged (by the next offset) only after it was stored, so
/// a crash in between brings it again and the inbox knows it.
/// </summary>
internal sealed class TelegramPolling(IOptions<TelegramOptions> options, TelegramBotClient bot, TelegramIntake intake, TimeProvider time, ILogger<TelegramPolling> logger) : BackgroundService
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(3);

    // Below the 30 s deadline of the bot's HTTP client.
    private const int LongPollSeconds = 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.IsConfigured || options.Value.Updates != TelegramUpdateMode.Polling)
        {
            return;
        }

        var offset = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                foreach (var update in await bot.GetUpdates(offset, timeout: LongPollSeconds, allowedUpdates: TelegramModule.UpdateTypes, cancellationToken: stoppingToken))
                {
                    if (await intake.ReceiveAsync(update, stoppingToken) is { } press)
                    {
                        await AnswerAsync(press, stoppingToken);
                    }

                    offset = update.Id + 1;
                }
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

    // The decision is stored; a toast that cannot be shown any more is no reason to take the update again.
    private async Task AnswerAsync(PressAnswer press, CancellationToken cancellationToken)
    {
        try
        {
            await bot.AnswerCallbackQuery(press.CallbackId, press.Toast, cancellationToken: cancellationToken);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            logger.LogWarning("A toast could not be shown: {Reason}", fault.Message);
        }
    }
}
