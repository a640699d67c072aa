using System.Text.Json.Nodes;

namespace TestKit.Telegram;

/// <summary>What the Bot API says: a result, or a refusal in Telegram's own words.</summary>
internal sealed record BotAnswer(int Status, JsonNode? Result, string? Description, int? RetryAfter = null)
{
    public static BotAnswer Ok(JsonNode? result) => new(200, result, null);

    public static BotAnswer Yes { get; } = new(200, null, null);

    public static BotAnswer Bad(string what) => new(400, null, $"Bad Request: {what}");

    public JsonObject ToJson()
    {
        if (Status == 200)
        {
            return new JsonObject { ["ok"] = true, ["result"] = Result?.DeepClone() ?? JsonValue.Create(true) };
        }

        var body = new JsonObject { ["ok"] = false, ["error_code"] = Status, ["description"] = Description };
        if (RetryAfter is { } seconds)
        {
            body["parameters"] = new JsonObject { ["retry_after"] = seconds };
        }

        return body;
    }
}
