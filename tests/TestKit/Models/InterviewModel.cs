using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TestKit.Models;

/// <summary>
/// A simple product agent. It decides from what it is sent, and remembers nothing: it asks what has not been asked, one thing at a time, and offers the vision once everything
/// has an answer; it fills schemas and forced tools from the person's own words.
/// </summary>
public static partial class InterviewModel
{
    public static ModelReply Reply(ModelRequest request)
    {
        if ((request.ResponseSchema ?? SchemaInPrompt(request)) is { } schema)
        {
            return ModelReply.Say(SchemaFiller.Fill(request, schema)?.ToJsonString() ?? "null");
        }

        if (request.ForcedTool is { } forced)
        {
            return ModelReply.Call(forced, Arguments(request, forced));
        }

        return request.Messages[^1].Role == "tool" ? AfterTool(request) : Talk(request);
    }

    private static ModelReply Talk(ModelRequest request)
    {
        var last = request.Said.Count > 0 ? request.Said[^1] : "";
        if (request.Tool("project_status") is not null && Status().IsMatch(last))
        {
            return ModelReply.Call("project_status");
        }

        if (request.Tool("propose_change") is not null && Different().IsMatch(last) && Open(request) is null)
        {
            return ModelReply.Call("propose_change", new JsonObject { ["reason"] = last });
        }

        if (Open(request) is { } topic)
        {
            return ModelReply.Say(request.Said.Count <= 1 ? $"That sounds good. {topic.Question}" : $"Thank you. {topic.Question}");
        }

        return request.Tool("offer_vision") is not null
            ? ModelReply.Call("offer_vision", Arguments(request, "offer_vision"))
            : ModelReply.Say("I know enough now. Is there anything that you would like to add?");
    }

    // The first thing that was neither answered nor asked.
    private static Topic? Open(ModelRequest request) => Topic.All.FirstOrDefault(topic => topic.Answer(request) is null);

    private static ModelReply AfterTool(ModelRequest request)
    {
        var results = request.Messages.Reverse().TakeWhile(message => message.Role == "tool").Select(message => message.AnswersCall).ToHashSet(StringComparer.Ordinal);
        var names = request.Messages.SelectMany(message => message.Calls).Where(call => results.Contains(call.Id)).Select(call => call.Name).ToArray();
        return names.Contains("offer_vision")
            ? ModelReply.Say("I have understood enough. Press Generate vision whenever you like, or tell me more.")
            : ModelReply.Say(names.Contains("propose_change") ? $"About your wish: {request.Messages[^1].Text}" : $"Here is where we are: {request.Messages[^1].Text}");
    }

    private static JsonObject Arguments(ModelRequest request, string tool) =>
        request.Tool(tool) is { } offered && offered.Schema["properties"] is JsonObject { Count: > 0 } ? SchemaFiller.Fill(request, offered.Schema) as JsonObject ?? [] : [];

    // Servers without response_format get the schema in the instructions only.
    private static JsonObject? SchemaInPrompt(ModelRequest request)
    {
        var system = request.Messages.FirstOrDefault(message => message.Role == "system")?.Text ?? "";
        var at = system.IndexOf("JSON schema", StringComparison.OrdinalIgnoreCase);
        var start = at < 0 ? -1 : system.IndexOf('{', at);
        try
        {
            return start < 0 ? null : JsonNode.Parse(system[start..(system.LastIndexOf('}') + 1)]) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\b(status|where are we|how far)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Status();

    [GeneratedRegex(@"\b(change|changed|instead|different|differently)\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Different();
}
