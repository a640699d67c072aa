using System.Text;
using System.Text.Json.Nodes;

namespace TestKit.Telegram;

/// <summary>Inline keyboards as Telegram checks them.</summary>
internal static class Keyboard
{
    /// <summary>Reads reply_markup; <paramref name="fault"/> is Telegram's refusal.</summary>
    public static IReadOnlyList<IReadOnlyList<ShownButton>> Read(JsonNode? markup, out string? fault)
    {
        fault = null;
        var rows = new List<IReadOnlyList<ShownButton>>();
        if (markup is null)
        {
            return rows;
        }

        if (markup is not JsonObject keyboard)
        {
            fault = "object expected as reply markup";
            return rows;
        }

        foreach (var row in keyboard["inline_keyboard"] as JsonArray ?? [])
        {
            var buttons = new List<ShownButton>();
            foreach (var button in row as JsonArray ?? [])
            {
                var read = new ShownButton(Value(button, "text") ?? "", Value(button, "callback_data"), Value(button, "url"));
                fault ??= Judge(read);
                buttons.Add(read);
            }

            if (buttons.Count > 0)
            {
                rows.Add(buttons);
            }
        }

        if (rows.Sum(row => row.Count) > 100 || rows.Any(row => row.Count > 8))
        {
            fault ??= "reply markup is too long";
        }

        return rows;
    }

    public static JsonObject Write(IReadOnlyList<IReadOnlyList<ShownButton>> rows) => new()
    {
        ["inline_keyboard"] = new JsonArray([.. rows.Select(row => (JsonNode)new JsonArray([.. row.Select(Write)]))]),
    };

    private static JsonNode Write(ShownButton button)
    {
        var json = new JsonObject { ["text"] = button.Label };
        json[button.Url is null ? "callback_data" : "url"] = button.Url ?? button.Data;
        return json;
    }

    private static string? Judge(ShownButton button) => button switch
    {
        { Label.Length: 0 } => "can't parse inline keyboard button: Text must be non-empty",
        { Data: null, Url: null } => "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        { Data: { } data } when Encoding.UTF8.GetByteCount(data) is 0 or > 64 => "BUTTON_DATA_INVALID",
        { Url: { } url } when !Uri.TryCreate(url, UriKind.Absolute, out _) => $"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL",
        _ => null,
    };

    private static string? Value(JsonNode? node, string name) => node?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
