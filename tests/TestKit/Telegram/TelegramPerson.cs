using System.Text;
using System.Text.Json.Nodes;

namespace TestKit.Telegram;

/// <summary>What the app's webhook answered.</summary>
public sealed record WebhookAnswer(int Status, string Body);

/// <summary>
/// A person in a chat: writes, presses what is shown, and sees what Telegram shows. Updates go to the app's webhook as Telegram posts them;
/// with no app address they wait for getUpdates.
/// </summary>
public sealed class TelegramPerson(TelegramStandIn telegram, Uri? app, long userId, long? chatId = null, string name = "Ada") : IDisposable
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };

    public long UserId => userId;

    public string Name => name;

    public TelegramChat Chat { get; } = telegram.AddChat(chatId ?? userId, chatId is null || chatId > 0 ? "private" : "supergroup", chatId is null || chatId > 0 ? name : "Team");

    /// <summary>The chat from its beginning, one line an event.</summary>
    public string Transcript => string.Join('\n', Chat.History);

    /// <summary>Writes a message; fails when the app does not take it.</summary>
    public async Task<ShownMessage> SayAsync(string text)
    {
        var message = Write(text);
        Accepted(await PostAsync(MessageUpdate(message)));
        return message;
    }

    /// <summary>Writes a message that the app is not told of; see <see cref="MessageUpdate"/>.</summary>
    public ShownMessage Write(string text)
    {
        var message = Chat.Add(id => new ShownMessage(id, FromBot: false, name, text, []) { SentAt = TimeProvider.System.GetUtcNow() });
        telegram.Changes.Pulse();
        return message;
    }

    /// <summary>Presses the button of this label on the newest message that shows one, waiting for it if need be.</summary>
    public async Task<WebhookAnswer> PressAsync(string label, TimeSpan? deadline = null)
    {
        ShownMessage? message = null;
        await UntilAsync(
            () => (message = Chat.Messages.LastOrDefault(shown => shown.Buttons.Any(button => button.Label == label))) is not null, $"a button [{label}]", deadline);
        return await PressAsync(message!, label);
    }

    /// <summary>Presses a button on a message as it was shown: its buttons may have gone since, as on a phone that has not caught up.</summary>
    public Task<WebhookAnswer> PressAsync(ShownMessage message, string label) =>
        PressTokenAsync(message.Buttons.First(button => button.Label == label).Data!, message);

    /// <summary>Sends a press with any data, forged ones too.</summary>
    public async Task<WebhookAnswer> PressTokenAsync(string data, ShownMessage? on = null)
    {
        var answer = await PostAsync(PressUpdate(data, on ?? Chat.Messages.LastOrDefault(message => message.FromBot)));
        return Accepted(answer);
    }

    /// <summary>The update of a message, for posting it more than once or with changes.</summary>
    public JsonObject MessageUpdate(ShownMessage message)
    {
        var json = telegram.MessageJson(Chat, message);
        json["from"] = Me();
        if (message.Text.StartsWith('/'))
        {
            json["entities"] = new JsonArray(new JsonObject { ["type"] = "bot_command", ["offset"] = 0, ["length"] = message.Text.Split(' ', '\n')[0].Length });
        }

        return new JsonObject { ["update_id"] = telegram.NextUpdateId(), ["message"] = json };
    }

    /// <summary>The update of a press.</summary>
    public JsonObject PressUpdate(string data, ShownMessage? on)
    {
        var query = new JsonObject { ["id"] = telegram.OpenPress(Chat), ["from"] = Me(), ["chat_instance"] = $"-{Chat.Id}7", ["data"] = data };
        if (on is not null)
        {
            query["message"] = telegram.MessageJson(Chat, on);
        }

        return new JsonObject { ["update_id"] = telegram.NextUpdateId(), ["callback_query"] = query };
    }

    /// <summary>Posts any update, by default with the right secret. A method call in the answer is carried out, as Telegram does.</summary>
    /// <param name="update">The update's JSON.</param>
    /// <param name="secret">Null: the right one; empty: no header.</param>
    public async Task<WebhookAnswer> PostAsync(JsonObject update, string? secret = null)
    {
        if (app is null)
        {
            telegram.Queue.Enqueue(update);
            return new WebhookAnswer(200, "");
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(app, "/webhooks/telegram")) { Content = new StringContent(update.ToJsonString(), Encoding.UTF8, "application/json") };
        if ((secret ?? telegram.WebhookSecret) is { Length: > 0 } header)
        {
            request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", header);
        }

        using var response = await http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        if (response.IsSuccessStatusCode)
        {
            await telegram.ApplyWebhookAnswerAsync(body);
        }

        return new WebhookAnswer((int)response.StatusCode, body);
    }

    /// <summary>Waits until the bot shows a message that contains <paramref name="text"/>, and returns the newest such.</summary>
    public async Task<ShownMessage> WaitForAsync(string text, TimeSpan? deadline = null)
    {
        ShownMessage? found = null;
        await UntilAsync(() => (found = Chat.Messages.LastOrDefault(message => message.FromBot && message.Text.Contains(text, StringComparison.OrdinalIgnoreCase))) is not null, $"a message with “{text}”", deadline);
        return found!;
    }

    /// <summary>Waits until the chat looks as asked for.</summary>
    public Task WaitForAsync(Func<TelegramChat, bool> condition, string waitedFor, TimeSpan? deadline = null) => UntilAsync(() => condition(Chat), waitedFor, deadline);

    public void Dispose() => http.Dispose();

    private Task UntilAsync(Func<bool> condition, string waitedFor, TimeSpan? deadline) =>
        telegram.Changes.UntilAsync(condition, waitedFor, deadline, () => $"The chat of {name}:\n{Transcript}");

    private JsonObject Me() => new() { ["id"] = userId, ["is_bot"] = false, ["first_name"] = name, ["language_code"] = "en" };

    private static WebhookAnswer Accepted(WebhookAnswer answer) =>
        answer.Status is >= 200 and < 300 ? answer : throw new InvalidOperationException($"The webhook answered {answer.Status}: {answer.Body}");
}
