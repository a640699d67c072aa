using Telegram.Bot.Types;
using Telegram.Bot.Types.Enums;

namespace OrchestratorFunctions.Telegram;

/// <summary>What an update means to us.</summary>
internal abstract record TelegramUpdate
{
    /// <summary>Words for the agent.</summary>
    public sealed record Text(Chat Chat, User From, string Words) : TelegramUpdate;

    /// <summary>A command; <paramref name="Bot"/> is who it was addressed to (<c>/status@some_bot</c>), or null.</summary>
    public sealed record Command(Chat Chat, User From, string Words, string? Bot) : TelegramUpdate;

    /// <summary>A pressed button with what it carries.</summary>
    public sealed record Press(Chat Chat, User From, string CallbackId, string Token) : TelegramUpdate;

    /// <summary>Something that we cannot read, with what to tell the person.</summary>
    public sealed record Hint(Chat Chat, User From, string Advice) : TelegramUpdate;

    /// <summary>Nothing for us.</summary>
    public sealed record Ignored(string Reason) : TelegramUpdate;
}

/// <summary>Reads updates: pure, and total over everything that Telegram may send.</summary>
internal static class TelegramUpdates
{
    // Telegram's own messages end at 4096; whatever is longer came from elsewhere, and a model should not be fed with it.
    private const int LongestText = 16_384;

    public static TelegramUpdate Read(Update update)
    {
        if (update.CallbackQuery is { From: not null } press)
        {
            // Inline and very old messages have no chat any more: then the answer goes to the person.
            var chat = press.Message?.Chat ?? new Chat { Id = press.From.Id, Type = ChatType.Private };
            return new TelegramUpdate.Press(chat, press.From, press.Id, press.Data ?? "");
        }

        if (update.EditedMessage is { From: not null, Chat: not null } edited)
        {
            return new TelegramUpdate.Hint(edited.Chat, edited.From, "I do not see changes to old messages. Please send it as a new message.");
        }

        if (update.Message is not { From: not null, Chat: not null } message)
        {
            return new TelegramUpdate.Ignored($"update type {update.Type}");
        }

        if (message.From.IsBot)
        {
            return new TelegramUpdate.Ignored("a bot's message");
        }

        if (message.Text is not { } text)
        {
            return IsService(message)
                ? new TelegramUpdate.Ignored($"message type {message.Type}")
                : new TelegramUpdate.Hint(message.Chat, message.From, "I can read text only. Please tell me in words.");
        }

        if (text.Length > LongestText)
        {
            return new TelegramUpdate.Hint(message.Chat, message.From, $"That is too long for me ({text.Length} characters; at most {LongestText}). Please send the important part, or send it in pieces.");
        }

        return string.IsNullOrWhiteSpace(text.Replace("\0", "", StringComparison.Ordinal))
            ? new TelegramUpdate.Hint(message.Chat, message.From, "I could not find any words in that.")
            : text.StartsWith('/') ? ReadCommand(message.Chat, message.From, text) : new TelegramUpdate.Text(message.Chat, message.From, text);
    }

    private static TelegramUpdate.Command ReadCommand(Chat chat, User from, string text)
    {
        var end = text.IndexOfAny([' ', '\n', '\t']);
        var word = end < 0 ? text : text[..end];
        var at = word.IndexOf('@', StringComparison.Ordinal);
        var bot = at < 0 ? null : word[(at + 1)..];
        var name = (at < 0 ? word : word[..at]).ToLowerInvariant();
        var arguments = end < 0 ? "" : text[end..].Trim();
        return new TelegramUpdate.Command(chat, from, arguments.Length == 0 ? name : $"{name} {arguments}", bot);
    }

    private static bool IsService(Message message) => message.Type is not (
        MessageType.Photo or MessageType.Audio or MessageType.Video or MessageType.Voice or MessageType.Document or MessageType.Sticker or
        MessageType.Location or MessageType.Contact or MessageType.Venue or MessageType.VideoNote or MessageType.Animation or MessageType.Poll or MessageType.Dice);
}
