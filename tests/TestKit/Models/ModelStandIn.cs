using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using TestKit.Http;

namespace TestKit.Models;

/// <summary>A language model's HTTP API. What it says is a script's business, by default <see cref="InterviewModel"/>.</summary>
public abstract class ModelStandIn : StandIn
{
    private readonly ConcurrentQueue<ModelRequest> requests = new();
    private readonly ConcurrentQueue<ModelReply> next = new();

    /// <summary>The only key that is let in.</summary>
    public string Key { get; } = $"sk-test-{Guid.NewGuid():N}";

    public IReadOnlyList<ModelRequest> Requests => [.. requests];

    /// <summary>Answers a request; replace it to play another model.</summary>
    public Func<ModelRequest, ModelReply> Script { get; set; } = InterviewModel.Reply;

    /// <summary>The next request gets this; then the script goes on.</summary>
    public void AnswerNext(ModelReply reply) => next.Enqueue(reply);

    /// <summary>The next requests are refused with the vendor's error body: 401, 429 with retry-after, 500, 529.</summary>
    public void RefuseNext(int count, int status, string message = "refused", int? retryAfter = null) =>
        Trouble.Fail(count, status, Error(status, message).ToJsonString(), on: "/v1/", retryAfter: retryAfter);

    /// <summary>The vendor's error body.</summary>
    protected abstract JsonObject Error(int status, string message);

    /// <summary>Null when the request carries the key.</summary>
    protected abstract string? Stranger(HttpRequest request);

    /// <summary>Reads the vendor's wire; throws <see cref="ModelRefusalException"/> for what the vendor answers with 400.</summary>
    protected abstract ModelRequest Read(JsonObject body);

    protected abstract Task WriteAsync(HttpContext context, ModelRequest request, ModelReply reply);

    protected async Task HandleAsync(HttpContext context)
    {
        if (Stranger(context.Request) is { } stranger)
        {
            await RefuseAsync(context, 401, stranger);
            return;
        }

        try
        {
            if (await JsonNode.ParseAsync(context.Request.Body) is not JsonObject body)
            {
                throw new ModelRefusalException("The body is not a JSON object.");
            }

            var request = Read(body);
            requests.Enqueue(request);
            Changes.Pulse();
            var reply = next.TryDequeue(out var forced) ? forced : Script(request);
            if (reply.Raw is { } raw)
            {
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(raw);
                return;
            }

            await WriteAsync(context, request, reply);
        }
        catch (Exception fault) when (fault is ModelRefusalException or JsonException)
        {
            // The app sent what the vendor refuses: no test should have that without knowing.
            NoteUnexpected($"{context.Request.Path}: {fault.Message}");
            await RefuseAsync(context, 400, fault.Message);
        }
    }

    protected async Task RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(Error(status, message).ToJsonString());
    }

    protected override Task NotFoundAsync(HttpContext context) => RefuseAsync(context, 404, $"Unknown request URL: {context.Request.Method} {context.Request.Path}");

    protected override void MapControl(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/control/requests", () => Requests);
        routes.MapPost("/control/answer", (string text) => AnswerNext(ModelReply.Say(text)));
        routes.MapPost("/control/answer-raw", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            AnswerNext(ModelReply.Body(await reader.ReadToEndAsync()));
        });
        routes.MapPost("/control/refuse", (int status, int? count, int? retryAfter) => RefuseNext(count ?? 1, status, retryAfter: retryAfter));
    }

    protected static string Text(JsonNode? node) => node switch
    {
        null => "",
        JsonValue value => value.TryGetValue<string>(out var text) ? text : value.ToJsonString(),
        JsonArray parts => string.Concat(parts.Where(part => part?["type"]?.GetValue<string>() is "text" or "output_text" or "input_text").Select(part => Text(part!["text"]))),
        _ => node.ToJsonString(),
    };
}

/// <summary>A request that the vendor answers with 400.</summary>
public sealed class ModelRefusalException(string message) : Exception(message);
