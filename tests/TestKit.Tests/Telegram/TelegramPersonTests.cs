using System.Text.Json.Nodes;
using TestKit.Telegram;

namespace TestKit.Tests.Telegram;

public sealed class TelegramPersonTests : IAsyncLifetime
{
    private readonly TelegramStandIn telegram = new();
    private readonly List<JsonObject> received = [];
    private WebApplication app = null!;
    private Bot bot = null!;
    private TelegramPerson ada = null!;

    // A little bot: it greets with a button, and answers a press in the answer to the webhook.
    public async Task InitializeAsync()
    {
        await telegram.StartAsync();
        bot = new Bot(telegram);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.MapPost("/webhooks/telegram", async (HttpRequest request) =>
        {
            if (request.Headers["X-Telegram-Bot-Api-Secret-Token"] != telegram.WebhookSecret)
            {
                return Results.Unauthorized();
            }

            var update = (JsonObject)(await JsonNode.ParseAsync(request.Body))!;
            received.Add(update);
            if (update["callback_query"] is { } press)
            {
                return Results.Json(new { method = "answerCallbackQuery", callback_query_id = press["id"]!.GetValue<string>(), text = $"pressed {press["data"]}" });
            }

            await bot.SendAsync(update["message"]!["chat"]!["id"]!.GetValue<long>(), "Hello", [Bot.Button("Approve", "yes"), Bot.Button("Change", "no")]);
            return Results.Ok();
        });
        await app.StartAsync();
        ada = new TelegramPerson(telegram, new Uri(app.Urls.Single()), userId: 42);
    }

    public async Task DisposeAsync()
    {
        ada.Dispose();
        bot.Dispose();
        await app.DisposeAsync();
        await telegram.DisposeAsync();
    }

    [Fact]
    public async Task A_press_is_answered_by_the_method_call_in_the_webhooks_answer()
    {
        await ada.SayAsync("/start");
        await ada.WaitForAsync("hello");

        await ada.PressAsync("Change");

        Assert.Equal("Ada: /start\nBot: Hello [Approve] [Change]\n(pressed no)", ada.Transcript);
        Assert.Equal("bot_command", received[0]["message"]!["entities"]![0]!["type"]!.GetValue<string>());
        Assert.Empty(telegram.FailedWebhookAnswers);
    }

    [Fact]
    public async Task An_old_message_still_has_the_button_that_was_seen_on_it()
    {
        await ada.SayAsync("hi");
        var old = await ada.WaitForAsync("Hello");
        await bot.CallAsync("editMessageText", new { chat_id = 42, message_id = old.Id, text = "Approved" });

        await ada.PressAsync(old, "Approve");

        Assert.Equal("pressed yes", ada.Chat.Toasts.Single().Text);
    }

    [Fact]
    public async Task A_wrong_secret_is_seen_by_the_app_and_a_refusal_by_the_person()
    {
        var message = new ShownMessage(1, FromBot: false, "Ada", "hi", []);
        Assert.Equal(401, (await ada.PostAsync(ada.MessageUpdate(message), secret: "wrong")).Status);
        Assert.Equal(401, (await ada.PostAsync(ada.MessageUpdate(message), secret: "")).Status);
        Assert.Empty(received);
    }

    [Fact]
    public async Task Waiting_in_vain_tells_what_for_and_shows_the_chat()
    {
        await ada.SayAsync("hi");

        var fault = await Assert.ThrowsAsync<TimeoutException>(() => ada.WaitForAsync("nothing of the kind", TimeSpan.FromMilliseconds(50)));

        Assert.Contains("a message with “nothing of the kind”", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Bot: Hello [Approve] [Change]", fault.Message, StringComparison.Ordinal);
    }
}
