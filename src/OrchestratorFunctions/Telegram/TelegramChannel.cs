using System.Globalization;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.Outbox;
using Telegram.Bot;
using Telegram.Bot.Exceptions;
using Telegram.Bot.Types;
using Telegram.Bot.Types.Enums;
using Telegram.Bot.Types.ReplyMarkups;

namespace OrchestratorFunctions.Telegram;

/// <summary>Says things in Telegram chats: rendered, split, edited in place where that is asked for.</summary>
internal sealed class TelegramChannel(TelegramBotClient bot, IOptions<TelegramOptions> options) : IChannel
{
    public string AddressPrefix => options.Value.IsConfigured ? "telegram:" : "telegram is not configured";

    public async Task<Delivery> DeliverAsync(OutboxItem item, Func<long, Task> recordPart, CancellationToken cancellationToken)
    {
        var chat = new ChatId(long.Parse(item.Address["telegram:".Length..], CultureInfo.InvariantCulture));
        try
        {
            if (item.EditsMessageId is { } edited)
            {
                await EditAsync(chat, (int)edited, item, cancellationToken);
                return new Delivery.Sent();
            }

            var parts = TelegramText.Render(item.Markdown);
            for (var index = item.MessageIds.Count; index < parts.Count; index++)
            {
                var markup = index == parts.Count - 1 ? Markup(item) : null;
                await recordPart(await SendAsync(chat, parts[index], markup, cancellationToken));
            }

            return new Delivery.Sent();
        }
        catch (ApiRequestException refusal)
        {
            return Judge(refusal);
        }
        catch (Exception fault) when (fault is RequestException or HttpRequestException || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new Delivery.Later(fault.Message);
        }
    }

    private async Task<long> SendAsync(ChatId chat, TelegramPart part, ReplyMarkup? markup, CancellationToken cancellationToken)
    {
        try
        {
            return (await bot.SendMessage(chat, part.Html, ParseMode.Html, replyMarkup: markup, linkPreviewOptions: LinkPreviewOptions.Disabled, cancellationToken: cancellationToken)).Id;
        }
        catch (ApiRequestException refusal) when (CannotParse(refusal))
        {
            return (await bot.SendMessage(chat, part.Plain, replyMarkup: markup, linkPreviewOptions: LinkPreviewOptions.Disabled, cancellationToken: cancellationToken)).Id;
        }
    }

    // An edit keeps to one message, so a longer text shows its first part.
    private async Task EditAsync(ChatId chat, int messageId, OutboxItem item, CancellationToken cancellationToken)
    {
        var part = TelegramText.Render(item.Markdown)[0];
        var markup = Markup(item) as InlineKeyboardMarkup;
        try
        {
            await bot.EditMessageText(chat, messageId, part.Html, ParseMode.Html, linkPreviewOptions: LinkPreviewOptions.Disabled, replyMarkup: markup, cancellationToken: cancellationToken);
        }
        catch (ApiRequestException refusal) when (CannotParse(refusal))
        {
            await bot.EditMessageText(chat, messageId, part.Plain, linkPreviewOptions: LinkPreviewOptions.Disabled, replyMarkup: markup, cancellationToken: cancellationToken);
        }
        catch (ApiRequestException refusal) when (refusal.Message.Contains("message is not modified", StringComparison.OrdinalIgnoreCase))
        {
            // It says that already: the edit of an earlier try.
        }
    }

    private static ReplyMarkup? Markup(OutboxItem item) => item switch
    {
        { Buttons.Count: > 0 } => new InlineKeyboardMarkup(item.Buttons.Select(button => new[] { InlineKeyboardButton.WithCallbackData(button.Label, button.Token) })),
        { AsksForReply: true } => new ForceReplyMarkup { Selective = true },
        _ => null,
    };

    private static Delivery Judge(ApiRequestException refusal) => refusal switch
    {
        { ErrorCode: 429 } => new Delivery.Later(refusal.Message, refusal.Parameters?.RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null),
        { ErrorCode: 403 } => new Delivery.Unreachable(refusal.Message),
        { ErrorCode: 401 or 404 } => new Delivery.Later($"{refusal.Message}: check TELEGRAM_BOT_TOKEN"),
        { ErrorCode: 400 } when refusal.Message.Contains("chat not found", StringComparison.OrdinalIgnoreCase) => new Delivery.Unreachable(refusal.Message),
        { ErrorCode: >= 400 and < 500 } => new Delivery.Refused(refusal.Message),
        _ => new Delivery.Later(refusal.Message),
    };

    private static bool CannotParse(ApiRequestException refusal) =>
        refusal.ErrorCode == 400 && refusal.Message.Contains("can't parse entities", StringComparison.OrdinalIgnoreCase);
}
