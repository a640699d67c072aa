using System.Text.Json.Nodes;

namespace TestKit.Models;

/// <summary>OpenAI's chat completions, also under the paths of Azure.</summary>
public sealed class OpenAiStandIn : ModelStandIn
{
    protected override void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/chat/completions", HandleAsync);
        routes.MapPost("/openai/deployments/{deployment}/chat/completions", HandleAsync);
        routes.MapGet("/v1/models", ListAsync);
        routes.MapGet("/openai/models", ListAsync);
    }

    protected override JsonObject Error(int status, string message) => new()
    {
        ["error"] = new JsonObject { ["message"] = message, ["type"] = status switch { 401 => "invalid_request_error", 429 => "requests", >= 500 => "server_error", _ => "invalid_request_error" }, ["param"] = null, ["code"] = status == 401 ? "invalid_api_key" : null },
    };

    protected override string? Stranger(HttpRequest request) =>
        request.Headers.Authorization == $"Bearer {Key}" || request.Headers["api-key"] == Key ? null : "Incorrect API key provided.";

    protected override ModelRequest Read(JsonObject body)
    {
        var messages = (body["messages"] as JsonArray ?? []).Select(Message).ToArray();
        Check(messages);
        var tools = (body["tools"] as JsonArray ?? []).Select(tool => tool!["function"]!)
            .Select(tool => new ModelTool(Text(tool["name"]), Text(tool["description"]), tool["parameters"] as JsonObject ?? [])).ToArray();
        var schema = body["response_format"]?["json_schema"] as JsonObject;
        if (schema is not null && schema["strict"]?.GetValue<bool>() == true && StrictSchema.Fault(schema["schema"]) is { } fault)
        {
            throw new ModelRefusalException($"Invalid schema for response_format '{Text(schema["name"])}': {fault}");
        }

        // On Azure the deployment's name stands in the path.
        return new ModelRequest(Text(body["model"]), messages, tools, (body["tool_choice"] as JsonObject)?["function"]?["name"]?.GetValue<string>(), schema?["schema"] as JsonObject, body["stream"]?.GetValue<bool>() == true);
    }

    protected override async Task WriteAsync(HttpContext context, ModelRequest request, ModelReply reply)
    {
        var id = $"chatcmpl-{Guid.NewGuid():N}";
        var finish = reply.Finish ?? (reply.Calls.Count > 0 ? "tool_calls" : "stop");
        if (request.Stream)
        {
            await StreamAsync(context, request, reply, id, finish);
            return;
        }

        var message = new JsonObject { ["role"] = "assistant", ["content"] = reply.Text.Length > 0 ? reply.Text : null, ["refusal"] = null };
        if (reply.Calls.Count > 0)
        {
            message["tool_calls"] = ToolCalls(reply, withIndex: false);
        }

        var body = Envelope(id, "chat.completion", request);
        body["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = message, ["logprobs"] = null, ["finish_reason"] = finish });
        body["usage"] = new JsonObject { ["prompt_tokens"] = 100, ["completion_tokens"] = 20, ["total_tokens"] = 120 };
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body.ToJsonString());
    }

    private static async Task StreamAsync(HttpContext context, ModelRequest request, ModelReply reply, string id, string finish)
    {
        context.Response.ContentType = "text/event-stream";
        await SendAsync(new JsonObject { ["role"] = "assistant", ["content"] = "" }, null);
        foreach (var word in reply.Text.Chunk(20))
        {
            await SendAsync(new JsonObject { ["content"] = new string(word) }, null);
        }

        if (reply.Calls.Count > 0)
        {
            await SendAsync(new JsonObject { ["tool_calls"] = ToolCalls(reply, withIndex: true) }, null);
        }

        await SendAsync([], finish);
        await context.Response.WriteAsync("data: [DONE]\n\n");

        async Task SendAsync(JsonObject delta, string? end)
        {
            var chunk = Envelope(id, "chat.completion.chunk", request);
            chunk["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["logprobs"] = null, ["finish_reason"] = end });
            await context.Response.WriteAsync($"data: {chunk.ToJsonString()}\n\n");
            await context.Response.Body.FlushAsync();
        }
    }

    private static JsonArray ToolCalls(ModelReply reply, bool withIndex) => new([.. reply.Calls.Select((call, index) =>
    {
        var json = new JsonObject { ["id"] = call.Id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments.ToJsonString() } };
        if (withIndex)
        {
            json["index"] = index;
        }

        return (JsonNode)json;
    })]);

    private static JsonObject Envelope(string id, string kind, ModelRequest request) =>
        new() { ["id"] = id, ["object"] = kind, ["created"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), ["model"] = request.Model };

    private static ModelMessage Message(JsonNode? node)
    {
        var role = Text(node!["role"]);
        if (role is not ("system" or "developer" or "user" or "assistant" or "tool"))
        {
            throw new ModelRefusalException($"Invalid value: '{role}' for a role.");
        }

        var calls = (node["tool_calls"] as JsonArray ?? []).Select(call => new ModelCall(
            Text(call!["id"]), Text(call["function"]!["name"]), JsonNode.Parse(Text(call["function"]!["arguments"]) is { Length: > 0 } text ? text : "{}") as JsonObject ?? [])).ToArray();
        return new ModelMessage(role == "developer" ? "system" : role, Text(node["content"]), calls, node["tool_call_id"]?.GetValue<string>());
    }

    private static void Check(ModelMessage[] messages)
    {
        if (messages.Length == 0)
        {
            throw new ModelRefusalException("Invalid 'messages': empty array.");
        }

        var open = new HashSet<string>(StringComparer.Ordinal);
        foreach (var message in messages)
        {
            if (message.Role == "tool" && !open.Remove(message.AnswersCall ?? ""))
            {
                throw new ModelRefusalException("messages with role 'tool' must be a response to a preceding message with 'tool_calls'.");
            }

            if (message.Role != "tool" && open.Count > 0)
            {
                throw new ModelRefusalException("An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.");
            }

            open.UnionWith(message.Calls.Select(call => call.Id));
        }
    }

    private Task ListAsync(HttpContext context) => Stranger(context.Request) is { } stranger
        ? RefuseAsync(context, 401, stranger)
        : context.Response.WriteAsJsonAsync(new { @object = "list", data = new[] { new { id = "interview-1", @object = "model", created = 1_700_000_000, owned_by = "test" } } });
}
