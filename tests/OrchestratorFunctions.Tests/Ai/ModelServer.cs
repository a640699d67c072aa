using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrchestratorFunctions.Ai;

namespace OrchestratorFunctions.Tests.Ai;

/// <summary>A vendor's HTTP API with the answers that a test scripts, for the three vendors.</summary>
internal sealed class ModelServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<Answer> answers = new();
    private readonly TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ModelServer(AiProvider vendor)
    {
        Vendor = vendor;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(AnswerAsync);
    }

    public AiProvider Vendor { get; }

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>Ends when the first request is in.</summary>
    public Task Arrived => arrived.Task;

    private string Address => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public AiOptions Options => Vendor switch
    {
        AiProvider.Azure => new AiOptions { AzureEndpoint = Address, AzureDeployment = "the-deployment", AzureApiKey = "the-secret-key" },
        AiProvider.Anthropic => new AiOptions { AnthropicApiKey = "the-secret-key", AnthropicBaseUrl = Address, Model = "the-model" },
        _ => new AiOptions { OpenAiApiKey = "the-secret-key", OpenAiBaseUrl = Address + "/v1", Model = "the-model" },
    };

    public static async Task<ModelServer> StartAsync(AiProvider vendor = AiProvider.OpenAi)
    {
        var server = new ModelServer(vendor);
        await server.app.StartAsync();
        return server;
    }

    public LanguageModel Model(TimeProvider? time = null) =>
        new(ChatClients.Create(Options, new HttpClient { Timeout = Timeout.InfiniteTimeSpan }, () => throw new InvalidOperationException("no identity in this test")), time ?? TimeProvider.System);

    public ModelServer Says(string text, bool cutOff = false) => Then(new Answer(200, Message(text, null, cutOff)));

    public ModelServer Calls(string tool, string arguments = "{}") => Then(new Answer(200, Message("", (tool, arguments), false)));

    public ModelServer Fails(int status, string body = """{"error":{"type":"error","message":"said by the vendor"}}""", int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            Then(new Answer(status, body));
        }

        return this;
    }

    public ModelServer Hangs() => Then(new Answer(0, ""));

    public async ValueTask DisposeAsync()
    {
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await app.StopAsync(impatient.Token);
        await app.DisposeAsync();
    }

    private ModelServer Then(Answer answer)
    {
        answers.Enqueue(answer);
        return this;
    }

    private async Task AnswerAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync();
        Requests.Enqueue(new Request(http.Request.Path, http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.Length > 0 ? JsonNode.Parse(body) : null));
        arrived.TrySetResult();
        var answer = answers.TryDequeue(out var next) ? next : new Answer(418, """{"error":{"message":"the test has scripted no answer"}}""");
        if (answer.Status == 0)
        {
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return;
        }

        http.Response.StatusCode = answer.Status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(answer.Body);
    }

    private string Message(string text, (string Name, string Arguments)? call, bool cutOff) => Vendor == AiProvider.Anthropic
        ? new JsonObject
        {
            ["id"] = "msg_1", ["type"] = "message", ["role"] = "assistant", ["model"] = "the-model", ["stop_reason"] = call is not null ? "tool_use" : cutOff ? "max_tokens" : "end_turn", ["stop_sequence"] = null,
            ["content"] = call is { } used
                ? new JsonArray(new JsonObject { ["type"] = "tool_use", ["id"] = $"toolu_{Requests.Count}_{answers.Count}", ["name"] = used.Name, ["input"] = JsonNode.Parse(used.Arguments) })
                : text.Length > 0 ? new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text }) : [],
            ["usage"] = new JsonObject { ["input_tokens"] = 1, ["output_tokens"] = 1 },
        }.ToJsonString()
        : new JsonObject
        {
            ["id"] = "chatcmpl-1", ["object"] = "chat.completion", ["created"] = 1, ["model"] = "the-model",
            ["choices"] = new JsonArray(new JsonObject
            {
                ["index"] = 0, ["finish_reason"] = call is not null ? "tool_calls" : cutOff ? "length" : "stop",
                ["message"] = call is { } wanted
                    ? new JsonObject
                    {
                        ["role"] = "assistant", ["content"] = null,
                        ["tool_calls"] = new JsonArray(new JsonObject
                        {
                            ["id"] = $"call_{Requests.Count}_{answers.Count}", ["type"] = "function", ["function"] = new JsonObject { ["name"] = wanted.Name, ["arguments"] = wanted.Arguments },
                        }),
                    }
                    : new JsonObject { ["role"] = "assistant", ["content"] = text },
            }),
            ["usage"] = new JsonObject { ["prompt_tokens"] = 1, ["completion_tokens"] = 1, ["total_tokens"] = 2 },
        }.ToJsonString();

    internal sealed record Request(string Path, IReadOnlyDictionary<string, string> Headers, JsonNode? Body)
    {
        public string Text => Body?.ToJsonString(new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) ?? "";
    }

    private sealed record Answer(int Status, string Body);
}
