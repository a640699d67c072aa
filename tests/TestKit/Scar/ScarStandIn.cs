using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using TestKit.Http;

namespace TestKit.Scar;

/// <summary>SCAR with its test adapter: the same answers, the same traps. The agent in it is a script; by default one that does what it is told.</summary>
public sealed class ScarStandIn : StandIn
{
    private const int LargestBody = 100 * 1024;
    private readonly ConcurrentDictionary<string, Func<ScarRun, Task>> scripts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ScarConversation> database = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<ScarRun> runs = new();
    private readonly ConcurrentDictionary<string, ScarRepository> folders = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource end = new();
    private readonly ScarWork work;
    private volatile ScarMemory memory = new();
    private volatile TaskCompletionSource? held;

    public ScarStandIn()
    {
        work = new ScarWork(this);
        AddRepository(ScarRepository.Prepared("octocat", "demo-app"));
    }

    public string Workspace { get; } = "/workspace";

    /// <summary>All runs, in the order they began; also those that a restart has orphaned.</summary>
    public IReadOnlyList<ScarRun> Runs => [.. runs];

    /// <summary>Set while SCAR's database refuses.</summary>
    public bool DatabaseDown { get; set; }

    /// <summary>What every sent message list would show, by conversation.</summary>
    public IReadOnlyList<string> Sent(string conversationId) => memory.Texts(conversationId);

    /// <summary>Plays the agent for one command ("plan-feature-github"), or for free text ("").</summary>
    public void OnCommand(string command, Func<ScarRun, Task> script) => scripts[command] = script;

    /// <summary>Back to the agent that does what it is told.</summary>
    public void Forget(string command) => scripts.TryRemove(command, out _);

    public void AddRepository(ScarRepository repository) => folders[repository.Name] = repository;

    public void RemoveFolder(string name) => folders.TryRemove(name, out _);

    /// <summary>Runs begin, and then wait, in silence, until <see cref="ReleaseRuns"/>.</summary>
    public void HoldRuns() => held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ReleaseRuns() => Interlocked.Exchange(ref held, null)?.TrySetResult();

    /// <summary>The process dies and is back at once: messages, queues and mode are lost, conversations stay, agents work on unheard.</summary>
    public void Restart()
    {
        var old = memory;
        memory = new ScarMemory();
        old.Queue.Drop();
        Changes.Pulse();
    }

    /// <summary>New container: sessions are named in the database but their files are gone; every run fails until /reset.</summary>
    public void LoseSessions()
    {
        foreach (var conversation in database.Values.Where(conversation => conversation.Session is not null))
        {
            conversation.Session = "lost-" + conversation.Session;
        }
    }

    internal IReadOnlyList<ScarRepository> Folders() => [.. folders.Values.OrderBy(folder => folder.Name, StringComparer.Ordinal)];

    internal ScarConversation Conversation(string id) => database.GetOrAdd(id, _ => new ScarConversation());

    internal CancellationToken End => end.Token;

    internal Task HeldAsync() => held?.Task.WaitAsync(end.Token) ?? Task.CompletedTask;

    internal void Began(ScarRun run)
    {
        runs.Enqueue(run);
        Changes.Pulse();
    }

    internal Func<ScarRun, Task> Script(string command) => scripts.GetValueOrDefault(command) ?? GoodAgent.WorkAsync;

    public override async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await base.DisposeAsync();
        end.Dispose();
    }

    protected override void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/test/message", (Delegate)((HttpContext context) => ReadAsync(context, Accept)));
        routes.MapGet("/test/messages/{**id}", (HttpContext context) => Id(context) is { } id
            ? Results.Json(new { conversationId = id, messages = memory.List(id) })
            : NotFound(context));
        routes.MapDelete("/test/messages", () =>
        {
            memory.Clear();
            return new { success = true };
        });
        routes.MapDelete("/test/messages/{**id}", (HttpContext context) =>
        {
            memory.Clear(Id(context) ?? "");
            return new { success = true };
        });
        routes.MapPut("/test/mode", (Delegate)((HttpContext context) => ReadAsync(context, body =>
        {
            if (Text(body, "mode") is not ("stream" or "batch"))
            {
                return Results.Json(new { error = "mode must be \"stream\" or \"batch\"" }, statusCode: 400);
            }

            memory.Batch = Text(body, "mode") == "batch";
            return Results.Json(new { success = true, mode = Text(body, "mode") });
        })));
        routes.MapGet("/health", () => new { status = "ok" });
        routes.MapGet("/health/db", () => DatabaseDown
            ? Results.Json(new { status = "error", database = "disconnected" }, statusCode: 500)
            : Results.Json(new { status = "ok", database = "connected" }));
        routes.MapGet("/health/concurrency", () => memory.Queue.Report());
    }

    protected override void MapControl(IEndpointRouteBuilder routes) => ScarControl.Map(routes, this);

    protected override async Task NotFoundAsync(HttpContext context) => await NotFound(context).ExecuteAsync(context);

    private IResult Accept(JsonNode? body)
    {
        if (Text(body, "conversationId") is not { } id || Text(body, "message") is not { } message)
        {
            return Results.Json(new { error = "conversationId and message must be strings" }, statusCode: 400);
        }

        if (id.Length == 0 || message.Length == 0)
        {
            return Results.Json(new { error = "conversationId and message required" }, statusCode: 400);
        }

        var now = memory;
        now.Queue.Add(id, () => work.HandleAsync(id, message, () => now.Batch, text =>
        {
            now.Add(id, text);
            Changes.Pulse();
        }));
        return Results.Json(new { success = true, conversationId = id, message });
    }

    // Express with its JSON reader: what is not JSON by its type arrives as nothing and fails; what is broken JSON is told in HTML.
    private static async Task<IResult> ReadAsync(HttpContext context, Func<JsonNode?, IResult> handle)
    {
        using var reader = new StreamReader(context.Request.Body);
        var text = await reader.ReadToEndAsync();
        if (context.Request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true || text.Length == 0)
        {
            return context.Request.Path == "/test/mode"
                ? Html(500, "TypeError: Cannot destructure property 'mode' of 'req.body' as it is undefined.")
                : Results.Json(new { error = "Internal server error" }, statusCode: 500);
        }

        if (System.Text.Encoding.UTF8.GetByteCount(text) > LargestBody)
        {
            return Html(413, "PayloadTooLargeError: request entity too large");
        }

        try
        {
            return JsonNode.Parse(text) is { } body and (JsonObject or JsonArray)
                ? handle(body)
                : Html(400, "SyntaxError: Unexpected token in JSON at position 0");
        }
        catch (System.Text.Json.JsonException)
        {
            return Html(400, "SyntaxError: Unexpected token in JSON at position 0");
        }
    }

    private static IResult NotFound(HttpContext context) => Html(404, $"Cannot {context.Request.Method} {context.Request.Path}");

    private static IResult Html(int status, string what) => Results.Content(
        $"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n<body>\n<pre>{what}</pre>\n</body>\n</html>\n", "text/html; charset=utf-8", statusCode: status);

    private static string? Text(JsonNode? body, string name) => body is JsonObject json && json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    // The raw target: ASP.NET leaves %2F as it is, Express does not. A real slash is another path.
    private static string? Id(HttpContext context)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?')[0];
        var id = raw["/test/messages".Length..].TrimStart('/');
        return id.Length == 0 || id.Contains('/', StringComparison.Ordinal) ? null : Uri.UnescapeDataString(id);
    }
}
