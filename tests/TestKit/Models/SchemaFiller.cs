using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TestKit.Models;

/// <summary>
/// Makes JSON that is valid for a schema out of what the person said. Yes-or-no and scores grow with what has been answered; when an earlier version and a wish for
/// change are among the messages, the earlier version is taken and changed.
/// </summary>
internal sealed partial class SchemaFiller
{
    private readonly ModelRequest request;
    private readonly JsonObject root;
    private readonly IReadOnlyList<string> said;
    private readonly string? change;

    private SchemaFiller(ModelRequest request, JsonObject root)
    {
        this.root = root;
        change = request.Said.Select(text => Change().Match(text)).LastOrDefault(match => match.Success)?.Groups["wish"].Value.Trim();
        // What the app itself writes in the person's place (an earlier version, the order to answer in JSON) is not the person's word.
        this.request = request with { Messages = [.. request.Messages.Where(message => message.Role != "user" || IsPersonal(message.Text))] };
        said = this.request.Said;
    }

    public static JsonNode? Fill(ModelRequest request, JsonObject schema)
    {
        var filler = new SchemaFiller(request, schema);
        var filled = filler.Value(schema, "");
        if (filled is JsonObject answer && filler.change is not null && Earlier(request, answer) is { } earlier)
        {
            filler.Rework(answer, earlier);
        }

        return filled;
    }

    private static JsonObject? Earlier(ModelRequest request, JsonObject like) =>
        request.Said.Select(text => text.IndexOf('{', StringComparison.Ordinal) is var at and >= 0 && TryParse(text[at..]) is JsonObject found ? found : null)
            .LastOrDefault(found => found is not null && like.All(item => found.ContainsKey(item.Key)));

    private void Rework(JsonObject answer, JsonObject earlier)
    {
        foreach (var name in answer.Select(item => item.Key).ToArray())
        {
            // New entries of lists that the wish may concern keep the shape that the schema asked for.
            if (answer[name] is JsonArray filled && name.Contains("feature", StringComparison.OrdinalIgnoreCase) && filled.Count > 0)
            {
                var entry = filled[0]!.DeepClone();
                foreach (var key in (entry as JsonObject ?? []).Where(item => item.Value is JsonValue text && text.TryGetValue<string>(out _)).Select(item => item.Key).Where(key => Free(name, key)).ToArray())
                {
                    entry[key] = Cut(key.Contains("name", StringComparison.OrdinalIgnoreCase) ? Words(change!, 6) : change!, 500);
                }

                var list = earlier[name]!.DeepClone().AsArray();
                list.Add(entry is JsonObject ? entry : change);
                answer[name] = list;
                continue;
            }

            answer[name] = earlier[name]?.DeepClone();
        }
    }

    // A property with a closed list of values must not be overwritten with words.
    private bool Free(string list, string key) => Resolve(Resolve(root["properties"]?[list])?["items"])?["properties"]?[key] is { } property && Resolve(property)?["enum"] is null;

    private JsonNode? Value(JsonNode? node, string name)
    {
        if (Resolve(node) is not { } schema)
        {
            return Answer(name);
        }

        if (schema["const"] is { } constant)
        {
            return constant.DeepClone();
        }

        if (schema["enum"] is JsonArray { Count: > 0 } allowed)
        {
            return allowed[0]?.DeepClone();
        }

        if ((schema["anyOf"] ?? schema["oneOf"]) is JsonArray choices)
        {
            return Value(choices.FirstOrDefault(choice => Kind(Resolve(choice)) != "null"), name);
        }

        return Kind(schema) switch
        {
            "object" => Object(schema),
            "array" => Array(schema, name),
            "boolean" => Answered(name),
            "integer" => (long)Number(schema, name, whole: true),
            "number" => Number(schema, name, whole: false),
            "null" => null,
            _ => Text(schema, name),
        };
    }

    private JsonObject Object(JsonNode schema)
    {
        var json = new JsonObject();
        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
        {
            json[name] = Value(property, name);
        }

        return json;
    }

    private JsonArray Array(JsonNode schema, string name)
    {
        var least = schema["minItems"]?.GetValue<int>() ?? 0;
        var most = schema["maxItems"]?.GetValue<int>() ?? 7;
        if (name.Contains("missing", StringComparison.OrdinalIgnoreCase))
        {
            var open = Topic.All.Where(topic => topic.Answer(request) is null).Take(most).Select(topic => (JsonNode?)topic.Names[0]);
            return new JsonArray([.. open]);
        }

        if (least == 0 && Topic.Named(name) is null)
        {
            // What nobody was asked about, such as what stays out of the first version, is left empty.
            return [];
        }

        var pieces = Pieces().Split(Answer(name)).Select(piece => piece.Trim(' ', '.', '-')).Where(piece => piece.Length > 2).DefaultIfEmpty(Answer(name)).Take(most).ToList();
        while (pieces.Count < least)
        {
            pieces.Add(pieces[^1]);
        }

        return new JsonArray([.. pieces.Select(piece => new SchemaFiller(request with { Messages = [new ModelMessage("user", piece, [])] }, root).Value(schema["items"], name + "_entry"))]);
    }

    private JsonNode Text(JsonNode schema, string name)
    {
        var text = name.EndsWith("name", StringComparison.OrdinalIgnoreCase) || name.EndsWith("title", StringComparison.OrdinalIgnoreCase) ? Words(Answer(name), 6) : Answer(name);
        text = Cut(text, schema["maxLength"]?.GetValue<int>() ?? 4_000);
        return text.PadRight(schema["minLength"]?.GetValue<int>() ?? 0, '.');
    }

    private double Number(JsonNode schema, string name, bool whole)
    {
        var (low, high) = (schema["minimum"]?.GetValue<double>() ?? 0, schema["maximum"]?.GetValue<double>() ?? (whole ? 10 : 1));
        var part = Topic.Named(name) is null ? Math.Min(1, said.Count / (double)Topic.All.Count) : Answered(name) ? 1 : 0;
        var value = low + ((high - low) * part);
        return whole ? Math.Round(value) : value;
    }

    private bool Answered(string name) => Topic.Named(name) is { } topic ? topic.Answer(request) is not null || said.Count >= Topic.All.Count : said.Count >= Topic.All.Count;

    private string Answer(string name) => Topic.Named(name)?.Answer(request) is { Length: > 0 } text && said.Contains(text) ? text : said.Count > 0 ? said[0] : "not said yet";

    private static bool IsPersonal(string text) => !text.Contains('{', StringComparison.Ordinal) && !text.Contains("JSON", StringComparison.Ordinal) && !Change().IsMatch(text);

    private JsonNode? Resolve(JsonNode? node)
    {
        for (var hops = 0; node?["$ref"] is JsonValue reference && hops < 20; hops++)
        {
            node = reference.GetValue<string>().TrimStart('#', '/').Split('/', StringSplitOptions.RemoveEmptyEntries).Aggregate((JsonNode?)root, (at, part) => at?[part]);
        }

        return node;
    }

    private static string? Kind(JsonNode? schema) => schema?["type"] switch
    {
        JsonArray several => several.Select(kind => kind!.GetValue<string>()).FirstOrDefault(kind => kind != "null"),
        JsonValue one => one.GetValue<string>(),
        _ => schema?["properties"] is not null ? "object" : null,
    };

    private static JsonNode? TryParse(string text)
    {
        try
        {
            return JsonNode.Parse(text[..(text.LastIndexOf('}') + 1)]);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static string Words(string text, int count) => Cut(string.Join(' ', text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Take(count)).TrimEnd('.', ',', ';', ':'), 80);

    private static string Cut(string text, int longest) => text.Length <= longest ? text : text[..longest];

    [GeneratedRegex(@"change this:\s*(?<wish>.+)", RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Change();

    [GeneratedRegex(@"[,;\n]|(?<=\.)\s|\band\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Pieces();
}
