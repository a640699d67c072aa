using Microsoft.Extensions.Options;
using Telegram.Bot;

namespace OrchestratorFunctions.Telegram;

/// <summary>
/// Asks Telegram for updates. An update is acknowledged (by the next offset) only after it was stored, so a crash in between
/// brings it again and the inbox knows it.
/// </summary>
internal sealed class TelegramPoll(IOptions<TelegramOptions> options, TelegramBotClient bot, TelegramIntake intake, ILogger<TelegramPoll> logger)
{
    private int offset;

    public bool IsOn => options.Value.IsConfigured && options.Value.Updates == TelegramUpdateMode.Polling;

    /// <summary>Takes what there is; waits for the first update as long as it is told. Throws when Telegram does not answer or an update could not be stored.</summary>
    public async Task OnceAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        foreach (var update in await bot.GetUpdates(offset, timeout: (int)wait.TotalSeconds, allowedUpdates: TelegramModule.UpdateTypes, cancellationToken: cancellationToken))
        {
            if (await intake.ReceiveAsync(update, cancellationToken) is { } press)
            {
                await AnswerAsync(press, cancellationToken);
            }

            offset = update.Id + 1;
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
