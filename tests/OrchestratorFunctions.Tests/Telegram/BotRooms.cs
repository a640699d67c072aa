using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrchestratorFunctions.Telegram;
using OrchestratorFunctions.Tests.TestApp;
using TestKit.Telegram;

namespace OrchestratorFunctions.Tests.Telegram;

/// <summary>The rooms with a Telegram that is played by the stand-in, and the webhook on a real port.</summary>
internal sealed class BotRooms : IAsyncDisposable
{
    private readonly WebApplication host;

    private BotRooms(Rooms rooms, TelegramStandIn telegram, WebApplication host) => (Rooms, Telegram, this.host) = (rooms, telegram, host);

    public Rooms Rooms { get; }

    public TelegramStandIn Telegram { get; }

    public Uri Webhook => new($"{host.Urls.Single()}/webhooks/telegram");

    public static async Task<BotRooms> StartAsync(bool configured = true, Action<IServiceCollection>? with = null)
    {
        var telegram = new TelegramStandIn();
        await telegram.StartAsync();
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["TELEGRAM_API_BASE_URL"] = telegram.Address, ["TELEGRAM_BOT_TOKEN"] = telegram.Token, ["TELEGRAM_WEBHOOK_SECRET"] = telegram.WebhookSecret, ["TELEGRAM_ALLOWED_USERS"] = "1001,1002",
        };
        var rooms = await Rooms.CreateAsync(services =>
        {
            services.AddTelegram(new ConfigurationBuilder().AddInMemoryCollection(configured ? settings : []).Build());
            with?.Invoke(services);
        });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/webhooks/telegram", (HttpRequest request, CancellationToken cancellationToken) => rooms.Get<TelegramWebhook>().ReceiveAsync(request, cancellationToken));
        await app.StartAsync();
        return new BotRooms(rooms, telegram, app);
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await Rooms.DisposeAsync();
        await Telegram.DisposeAsync();
    }
}
