using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Outbox;
using Telegram.Bot;
using Telegram.Bot.Types;

namespace OrchestratorFunctions.Telegram;

/// <summary>The answer to a press: whose, and what to show.</summary>
internal sealed record PressAnswer(string CallbackId, string Toast);

/// <summary>Takes a verified update, from the webhook or from polling: who may, what it is, and in.</summary>
internal sealed class TelegramIntake(
    IOptions<TelegramOptions> options, Intake intake, NpgsqlDataSource dataSource, OutboxStore outbox, Wakeups wakeups, TelegramBotClient bot, TimeProvider time, ILogger<TelegramIntake> logger)
{
    // Telegram's limit for the text of answerCallbackQuery.
    private const int LongestToast = 200;
    private volatile string? ownName;

    /// <summary>Returns the answer to a press, null for everything else. Throws when the update could not be stored.</summary>
    public async Task<PressAnswer?> ReceiveAsync(Update update, CancellationToken cancellationToken)
    {
        switch (TelegramUpdates.Read(update))
        {
            case TelegramUpdate.Press press:
                var toast = await AcceptAsync(update, press.Chat, press.From, DeliveryKind.Press, press.Token, cancellationToken) ?? "";
                return new PressAnswer(press.CallbackId, Cut(toast));

            case TelegramUpdate.Text text when await MayUseAsync(text.Chat, text.From, cancellationToken):
                await AcceptAsync(update, text.Chat, text.From, DeliveryKind.Text, text.Words, cancellationToken);
                return null;

            case TelegramUpdate.Command command when await IsForUsAsync(command, cancellationToken) && await MayUseAsync(command.Chat, command.From, cancellationToken):
                await AcceptAsync(update, command.Chat, command.From, DeliveryKind.Command, command.Words, cancellationToken);
                return null;

            case TelegramUpdate.Hint hint when options.Value.Allows(hint.From.Id):
                await SayAsync(hint.Chat, $"telegram:{options.Value.BotId}:{update.Id}:hint", hint.Advice, cancellationToken);
                return null;

            case TelegramUpdate.Ignored ignored:
                logger.LogDebug("Update {UpdateId} ignored: {Reason}", update.Id, ignored.Reason);
                return null;

            default:
                return null;
        }
    }

    private Task<string?> AcceptAsync(Update update, Chat chat, User from, DeliveryKind kind, string text, CancellationToken cancellationToken)
    {
        var delivery = new IncomingDelivery(
            $"telegram:{options.Value.BotId}", update.Id.ToString(CultureInfo.InvariantCulture), Address(chat), $"telegram:{from.Id}", kind, text, options.Value.Allows(from.Id));
        return intake.ReceiveAsync(delivery, NameOf(from), cancellationToken);
    }

    // A stranger hears once a day how to be let in, so that a flood of messages does not become a flood of answers.
    private async Task<bool> MayUseAsync(Chat chat, User from, CancellationToken cancellationToken)
    {
        if (options.Value.Allows(from.Id))
        {
            return true;
        }

        logger.LogWarning(
            "Telegram user {UserId} is not allowed: add the id to TELEGRAM_ALLOWED_USERS to let this person in{Empty}", from.Id,
            options.Value.AllowedUsers is null ? " (the list is empty, so nobody is)" : "");
        await SayAsync(
            chat, $"telegram:{options.Value.BotId}:stranger:{from.Id}:{time.GetUtcNow():yyyy-MM-dd}",
            $"Sorry, I work only for people whom my operator has let in. Your Telegram id is {from.Id}: give it to the operator to be added.", cancellationToken);
        return false;
    }

    private async Task<bool> IsForUsAsync(TelegramUpdate.Command command, CancellationToken cancellationToken)
    {
        if (command.Bot is null)
        {
            return true;
        }

        try
        {
            ownName ??= (await bot.GetMe(cancellationToken)).Username;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Better to answer a command for another bot once than to be deaf while Telegram is slow.
            logger.LogWarning("The bot's own name could not be asked for: {Reason}", fault.Message);
            return true;
        }

        return string.Equals(command.Bot, ownName, StringComparison.OrdinalIgnoreCase);
    }

    private async Task SayAsync(Chat chat, string domainKey, string text, CancellationToken cancellationToken)
    {
        await dataSource.InTransactionAsync((connection, token) => outbox.AppendAsync(connection, new OutboxMessage(Address(chat), domainKey, text), token), cancellationToken);
        await wakeups.SayAsync(Address(chat), CancellationToken.None);
    }

    // Half a character cannot be sent.
    private static string Cut(string toast) =>
        toast.Length <= LongestToast ? toast : toast[..(char.IsHighSurrogate(toast[LongestToast - 2]) ? LongestToast - 2 : LongestToast - 1)] + "…";

    private static string Address(Chat chat) => $"telegram:{chat.Id}";

    private static string NameOf(User user)
    {
        var name = $"{user.FirstName} {user.LastName}".Replace("\0", "", StringComparison.Ordinal).Trim();
        return name.Length > 0 ? name : user.Username ?? user.Id.ToString(CultureInfo.InvariantCulture);
    }
}
