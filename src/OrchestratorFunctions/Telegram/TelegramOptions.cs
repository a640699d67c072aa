using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.RegularExpressions;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Telegram;

/// <summary>How updates reach us.</summary>
internal enum TelegramUpdateMode
{
    /// <summary>Telegram calls <c>/webhooks/telegram</c>.</summary>
    Webhook,

    /// <summary>We ask Telegram: for a laptop without a public address.</summary>
    Polling,
}

/// <summary>The Telegram bot. Without a token the channel is off.</summary>
internal sealed partial class TelegramOptions : IValidatableObject, INamesWhatIsOff
{
    private const string PersonPrefix = "telegram:";

    /// <summary>The bot's token as BotFather gave it, <c>123456:ABC…</c>.</summary>
    [ConfigurationKeyName("TELEGRAM_BOT_TOKEN")]
    public string? BotToken { get; set; }

    /// <summary>What Telegram sends in <c>X-Telegram-Bot-Api-Secret-Token</c>: 1–256 of A–Z a–z 0–9 _ - (core.telegram.org/bots/api#setwebhook).</summary>
    [ConfigurationKeyName("TELEGRAM_WEBHOOK_SECRET")]
    public string? WebhookSecret { get; set; }

    /// <summary>The secret before the last change: accepted as well, so that what Telegram sends in between is not refused. Empty it when <c>telegram set-webhook</c> was run.</summary>
    [ConfigurationKeyName("TELEGRAM_WEBHOOK_SECRET_PREVIOUS")]
    public string? PreviousWebhookSecret { get; set; }

    /// <summary>Comma list of the numeric ids of the people who may use the bot. Empty: nobody.</summary>
    [ConfigurationKeyName("TELEGRAM_ALLOWED_USERS")]
    public string? AllowedUsers { get; set; }

    /// <summary>Where the Bot API is. Default <c>https://api.telegram.org</c>.</summary>
    [ConfigurationKeyName("TELEGRAM_API_BASE_URL")]
    public string ApiBaseUrl { get; set; } = "https://api.telegram.org";

    /// <summary><c>webhook</c> (default) or <c>polling</c>.</summary>
    [ConfigurationKeyName("TELEGRAM_UPDATES")]
    public TelegramUpdateMode Updates { get; set; }

    public bool IsConfigured => BotToken is not null;

    /// <summary>The bot's own id: the digits before the colon of its token; empty without one.</summary>
    public string BotId => BotToken?.Split(':', 2)[0] ?? "";

    public bool Allows(long userId) =>
        AllowedUsers?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Contains(userId.ToString(CultureInfo.InvariantCulture)) ?? false;

    /// <summary>Whether a person may use the app as far as this room has a say: people of other channels always.</summary>
    public bool Allows(string person) => !person.StartsWith(PersonPrefix, StringComparison.Ordinal) || (long.TryParse(person.AsSpan(PersonPrefix.Length), CultureInfo.InvariantCulture, out var id) && Allows(id));

    public IEnumerable<string> WhatIsOff()
    {
        if (!IsConfigured)
        {
            yield return "Telegram (set TELEGRAM_BOT_TOKEN and TELEGRAM_WEBHOOK_SECRET)";
        }
        else if (AllowedUsers is null)
        {
            yield return "everybody is refused in Telegram (set TELEGRAM_ALLOWED_USERS to the ids of the people who may use the bot)";
        }
    }

    public IEnumerable<string> WhatIsWeak() => Settings.Weak(("TELEGRAM_WEBHOOK_SECRET", WebhookSecret), ("TELEGRAM_WEBHOOK_SECRET_PREVIOUS", PreviousWebhookSecret));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BotToken is not null && !Token().IsMatch(BotToken))
        {
            yield return new ValidationResult("TELEGRAM_BOT_TOKEN is not of the form 123456:ABC that BotFather gives.");
        }

        if (BotToken is not null && WebhookSecret is null && Updates == TelegramUpdateMode.Webhook)
        {
            yield return new ValidationResult("TELEGRAM_BOT_TOKEN is set and TELEGRAM_WEBHOOK_SECRET is not: set a secret, or TELEGRAM_UPDATES=polling on a machine without a public address.");
        }

        // The binder takes any number for a mode.
        if (!Enum.IsDefined(Updates))
        {
            yield return new ValidationResult("TELEGRAM_UPDATES is neither webhook nor polling.");
        }

        if (WebhookSecret is not null && !Secret().IsMatch(WebhookSecret))
        {
            yield return new ValidationResult("TELEGRAM_WEBHOOK_SECRET may hold 1 to 256 of A-Z a-z 0-9 _ - only.");
        }

        if (PreviousWebhookSecret is not null && !Secret().IsMatch(PreviousWebhookSecret))
        {
            yield return new ValidationResult("TELEGRAM_WEBHOOK_SECRET_PREVIOUS may hold 1 to 256 of A-Z a-z 0-9 _ - only.");
        }

        if (AllowedUsers is not null && !UserList().IsMatch(AllowedUsers))
        {
            yield return new ValidationResult("TELEGRAM_ALLOWED_USERS is not a comma list of numeric ids.");
        }

        if (!Uri.TryCreate(ApiBaseUrl, UriKind.Absolute, out var address) || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
        {
            yield return new ValidationResult("TELEGRAM_API_BASE_URL is neither an https address nor http on this machine.");
        }
    }

    [GeneratedRegex(@"\A[0-9]+:[A-Za-z0-9_-]+\z")]
    private static partial Regex Token();

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,256}\z")]
    private static partial Regex Secret();

    [GeneratedRegex(@"\A\s*[0-9]+(\s*,\s*[0-9]+)*\s*,?\s*\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UserList();
}
