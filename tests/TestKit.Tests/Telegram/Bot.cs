using System.Net.Http.Json;
using System.Text.Json.Nodes;
using TestKit.Telegram;

namespace TestKit.Tests.Telegram;

/// <summary>Calls the Bot API as the app would.</summary>
internal sealed class Bot(TelegramStandIn telegram) : IDisposable
{
    private readonly HttpClient http = new();

    public async Task<JsonObject> CallAsync(string method, object body, string? token = null)
    {
        using var response = await http.PostAsJsonAsync($"{telegram.Address}/bot{token ?? telegram.Token}/{method}", body);
        var answer = (JsonObject)(await response.Content.ReadFromJsonAsync<JsonNode>())!;
        Assert.Equal((int)response.StatusCode, answer["error_code"]?.GetValue<int>() ?? 200);
        return answer;
    }

    public async Task<string> RefusalAsync(string method, object body)
    {
        var answer = await CallAsync(method, body);
        Assert.False(answer["ok"]!.GetValue<bool>(), answer.ToJsonString());
        return answer["description"]!.GetValue<string>();
    }

    public async Task<int> SendAsync(long chat, string text, params object[][] rows)
    {
        var answer = await CallAsync("sendMessage", new { chat_id = chat, text, parse_mode = "HTML", reply_markup = new { inline_keyboard = rows } });
        Assert.True(answer["ok"]!.GetValue<bool>(), answer.ToJsonString());
        return answer["result"]!["message_id"]!.GetValue<int>();
    }

    public static object Button(string label, string data) => new { text = label, callback_data = data };

    public void Dispose() => http.Dispose();
}
