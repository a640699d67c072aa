using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TestKit.Telegram;

/// <summary>A call's parameters, whichever way they came: query, JSON, form or multipart.</summary>
internal sealed class BotParameters(JsonObject values)
{
    public static async Task<BotParameters> ReadAsync(HttpRequest request)
    {
        var values = new JsonObject();
        foreach (var (key, value) in request.Query)
        {
            values[key] = Loose(value.ToString());
        }

        if (request.HasFormContentType)
        {
            var form = await request.ReadFormAsync();
            foreach (var (key, value) in form)
            {
                values[key] = Loose(value.ToString());
            }

            foreach (var file in form.Files)
            {
                values[file.Name] = file.FileName;
            }
        }
        else if (request.HasJsonContentType() && request.ContentLength != 0 && await JsonNode.ParseAsync(request.Body) is JsonObject body)
        {
            foreach (var (key, value) in body)
            {
                values[key] = value?.DeepClone();
            }
        }

        return new BotParameters(values);
    }

    public string? Text(string name) => values[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        var other => other.ToJsonString(),
    };

    public long? Number(string name) => long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    public bool Flag(string name) => string.Equals(Text(name), "true", StringComparison.OrdinalIgnoreCase);

    public JsonNode? Node(string name) => values[name];

    public bool Has(string name) => values[name] is not null;

    // Forms carry objects as JSON text; everything else in them is text.
    private static JsonNode? Loose(string value)
    {
        if (value.Length > 0 && value[0] is '{' or '[')
        {
            try
            {
                return JsonNode.Parse(value);
            }
            catch (JsonException)
            {
                return value;
            }
        }

        return value;
    }
}
