using Microsoft.Extensions.Options;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Operations.Checks;
using OrchestratorFunctions.Operations.Limits;
using OrchestratorFunctions.Outbox;
using Telegram.Bot;
using Telegram.Bot.Types.Enums;

namespace OrchestratorFunctions.Telegram;

internal static class TelegramModule
{
    private static readonly TimeSpan VendorDeadline = TimeSpan.FromSeconds(30);

    /// <summary>What we ask Telegram to send; everything else is not even delivered.</summary>
    public static UpdateType[] UpdateTypes => [UpdateType.Message, UpdateType.EditedMessage, UpdateType.CallbackQuery];

    public static IServiceCollection AddTelegram(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<TelegramOptions>(configuration);
        services.AddHttpClient("telegram", client => client.Timeout = VendorDeadline);
        return services
            .AddSingleton(CreateBot)
            .AddSingleton<TelegramIntake>()
            .AddSingleton<TelegramWebhook>()
            .AddSingleton<ICheck, TelegramCheck>()
            .AddSingleton<IChannel, TelegramChannel>()
            .AddSingleton<TelegramPoll>()
            .AddHostedService<TelegramPolling>();
    }

    public static void MapTelegram(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost("/webhooks/telegram", (HttpRequest request, TelegramWebhook webhook, CancellationToken cancellationToken) => webhook.ReceiveAsync(request, cancellationToken))
            .CountRefusals("telegram");

    private static TelegramBotClient CreateBot(IServiceProvider provider)
    {
        var settings = provider.GetRequiredService<IOptions<TelegramOptions>>().Value;
        // Without a token nothing calls it; the library insists on the form of one.
        var options = new TelegramBotClientOptions(settings.BotToken ?? "0:not-configured", settings.ApiBaseUrl.TrimEnd('/')) { RetryCount = 0 };
        return new TelegramBotClient(options, provider.GetRequiredService<IHttpClientFactory>().CreateClient("telegram"));
    }
}
