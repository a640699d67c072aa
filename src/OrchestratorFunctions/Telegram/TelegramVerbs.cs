using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.Extensions.Options;
using Telegram.Bot;
using Telegram.Bot.Exceptions;

namespace OrchestratorFunctions.Telegram;

/// <summary><c>telegram set-webhook|delete-webhook|info</c>.</summary>
internal static class TelegramVerbs
{
    public static Command Create(Func<Func<IServiceProvider, Task<int>>, Task<int>> run)
    {
        var url = new Argument<Uri>("url")
        {
            Description = "The public address of this app, for example https://example.org; /webhooks/telegram is added.",
            CustomParser = Address, // the library cannot read addresses by itself
        };
        var set = new Command("set-webhook", "Tell Telegram where to deliver, with the secret of TELEGRAM_WEBHOOK_SECRET.") { url };
        set.SetAction((parsed, cancellationToken) => run(services => WithBotAsync(services, async (bot, options) =>
        {
            var address = new Uri(parsed.GetValue(url)!, "/webhooks/telegram");
            await bot.SetWebhook(address.ToString(), secretToken: options.WebhookSecret, allowedUpdates: TelegramModule.UpdateTypes, cancellationToken: cancellationToken);
            await Console.Out.WriteLineAsync($"Telegram delivers to {address}");
        })));

        var delete = new Command("delete-webhook", "Tell Telegram to deliver nowhere, which TELEGRAM_UPDATES=polling needs.");
        delete.SetAction((_, cancellationToken) => run(services => WithBotAsync(services, async (bot, _) =>
        {
            await bot.DeleteWebhook(cancellationToken: cancellationToken);
            await Console.Out.WriteLineAsync("Telegram delivers nowhere.");
        })));

        var info = new Command("info", "What Telegram knows: the bot's name, where it delivers, what waits, the last error.");
        info.SetAction((_, cancellationToken) => run(services => WithBotAsync(services, async (bot, _) =>
        {
            var me = await bot.GetMe(cancellationToken);
            var webhook = await bot.GetWebhookInfo(cancellationToken);
            await Console.Out.WriteLineAsync(
                $"bot: @{me.Username} ({me.Id})\nwebhook: {(webhook.Url.Length > 0 ? webhook.Url : "none")}\npending: {webhook.PendingUpdateCount}\nlast error: {webhook.LastErrorMessage ?? "none"}");
        })));
        return new Command("telegram", "The bot's registration.") { set, delete, info };
    }

    private static Uri? Address(ArgumentResult result)
    {
        if (Uri.TryCreate(result.Tokens.Single().Value, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp))
        {
            return address;
        }

        result.AddError("The address must begin with https://.");
        return null;
    }

    private static async Task<int> WithBotAsync(IServiceProvider services, Func<TelegramBotClient, TelegramOptions, Task> work)
    {
        var options = services.GetRequiredService<IOptions<TelegramOptions>>().Value;
        if (!options.IsConfigured)
        {
            await Console.Error.WriteLineAsync("Telegram is not configured: set TELEGRAM_BOT_TOKEN.");
            return 1;
        }

        try
        {
            await work(services.GetRequiredService<TelegramBotClient>(), options);
            return 0;
        }
        catch (RequestException fault)
        {
            // The library's text names the address, which holds the token.
            await Console.Error.WriteLineAsync($"Telegram: {fault.Message.Replace(options.BotToken!, "***", StringComparison.Ordinal)}");
            return 1;
        }
    }
}
