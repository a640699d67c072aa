using Microsoft.Extensions.Options;
using OrchestratorFunctions.Operations.Checks;
using Telegram.Bot;

namespace OrchestratorFunctions.Telegram;

/// <summary>Whether Telegram takes our token and, in webhook mode, knows where to deliver and does not fail at it.</summary>
internal sealed class TelegramCheck(IOptions<TelegramOptions> options, TelegramBotClient bot, TimeProvider time) : ICheck
{
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(5);

    public string Name => "telegram";

    public TimeSpan Limit => TimeSpan.FromSeconds(5);

    public TimeSpan GoodFor => TimeSpan.FromMinutes(1);

    public bool IsVital => false;

    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.IsConfigured)
        {
            return null;
        }

        var webhook = await bot.GetWebhookInfo(cancellationToken);
        if (options.Value.Updates == TelegramUpdateMode.Polling)
        {
            return string.IsNullOrEmpty(webhook.Url) ? null : "a webhook is set, so polling gets nothing: run telegram delete-webhook";
        }

        return string.IsNullOrEmpty(webhook.Url) ? "no webhook is set: run telegram set-webhook URL"
            : webhook.LastErrorDate is { } at && time.GetUtcNow() - new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) < Recent ? "deliveries fail: see telegram info"
            : null;
    }
}
