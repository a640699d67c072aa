using System.Text.Json.Nodes;

namespace TestKit.Models;

/// <summary>Anthropic's messages.</summary>
public sealed class AnthropicStandIn : ModelStandIn
{
    protected override void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/messages", HandleAsync);
        routes.MapGet("/v1/models", context => Stranger(context.Request) is { } stranger
            ? RefuseAsync(context, 401, stranger)
            : context.Response.WriteAsJsonAsync(new
            {
                data = new[] { new { type = "model", id = "interview-1", display_name = "Interview", created_at = "2026-01-01T00:00:00Z" } },
                has_more = false, first_id = "interview-1", last_id = "interview-1",
            }));
    }

    protected override JsonObject Error(int status, string message) => new()
    {
        ["type"] = "error",
        ["error"] = new JsonObject
        {
            ["type"] = status switch { 401 => "authentication_error", 403 => "permission_error", 404 => "not_found_error", 429 => "rate_limit_error", 529 => "overloaded_error", >= 500 => "api_error", _ => "invalid_request_error" },
            ["message"] = message,
        },
    };

    protected override string? Stranger(HttpRequest request) =>
        request.Headers["x-api-key"] == Key || request.Headers.Authorization == $"Bearer {Key}" ? null : "invalid x-api-key";

    protected override ModelRequest Read(JsonObject body)
    {
        if (body["max_tokens"] is null || body["model"] is null)
        {
            throw new ModelRefusalException("max_tokens: Field required; model: Field required");
        }

        var messages = new List<ModelMessage>();
        if (Text(body["system"]) is { Length: > 0 } system)
        {
            messages.Add(new ModelMessage("system", system, []));
        }

        foreach (var message in body["messages"] as JsonArray ?? [])
        {
            messages.AddRange(Messages(message!));
        }

        if (messages.All(message => message.Role == "system"))
        {
            throw new ModelRefusalException("messages: at least one message is required");
        }

        var tools = (body["tools"] as JsonArray ?? []).Select(tool => new ModelTool(Text(tool!["name"]), Text(tool["description"]), tool["input_schema"] as JsonObject ?? [])).ToArray();
        var format = body["output_config"]?["format"] ?? body["output_format"];
        var forced = body["tool_choice"]?["type"]?.GetValue<string>() == "tool" ? Text(body["tool_choice"]!["name"]) : null;
        return new ModelRequest(Text(body["model"]), messages, tools, forced, format?["schema"] as JsonObject, body["stream"]?.GetValue<bool>() == true);
    }

    protected override async Task WriteAsync(HttpContext context, ModelRequest request, ModelReply reply)
    {
        if (request.Stream)
        {
            throw new ModelRefusalException("The stand-in does not stream Anthropic's answers.");
        }

        var content = new JsonArray();
        if (reply.Text.Length > 0)
        {
            content.Add(new JsonObject { ["type"] = "text", ["text"] = reply.Text });
        }

        foreach (var call in reply.Calls)
        {
            content.Add(new JsonObject { ["type"] = "tool_use", ["id"] = call.Id, ["name"] = call.Name, ["input"] = call.Arguments.DeepClone() });
        }

        var stop = reply.Finish switch { "length" => "max_tokens", { } other => other, null => reply.Calls.Count > 0 ? "tool_use" : "end_turn" };
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(new JsonObject
        {
            ["id"] = $"msg_{Guid.NewGuid():N}", ["type"] = "message", ["role"] = "assistant", ["model"] = request.Model, ["content"] = content, ["stop_reason"] = stop, ["stop_sequence"] = null,
            ["usage"] = new JsonObject { ["input_tokens"] = 100, ["output_tokens"] = 20 },
        }.ToJsonString());
    }

    // One of Anthropic's messages may hold several tool results: each becomes a message of its own, as with OpenAI.
    private static IEnumerable<ModelMessage> Messages(JsonNode message)
    {
        var role = Text(message["role"]);
        if (role is not ("user" or "assistant"))
        {
            throw new ModelRefusalException($"messages: role \"{role}\" is not allowed");
        }

        var blocks = message["content"] as JsonArray ?? [];
        foreach (var result in blocks.Where(block => Kind(block) == "tool_result"))
        {
            yield return new ModelMessage("tool", Text(result!["content"]), [], Text(result["tool_use_id"]));
        }

        var text = Text(message["content"]);
        var calls = blocks.Where(block => Kind(block) == "tool_use").Select(call => new ModelCall(Text(call!["id"]), Text(call["name"]), call["input"]?.DeepClone() as JsonObject ?? [])).ToArray();
        if (text.Length > 0 || calls.Length > 0)
        {
            yield return new ModelMessage(role, text, calls);
        }

        static string? Kind(JsonNode? block) => block?["type"]?.GetValue<string>();
    }
}
