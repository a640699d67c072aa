using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FunctionsHost.Handlers;

/// <summary>Sends invocations in the captured form and judges the answers as the host does.</summary>
public sealed class Invoker : IDisposable
{
    /// <summary>Part of every durableClient binding; must never be seen in a log.</summary>
    public const string SystemKey = "code=SYSTEM_KEY_THAT_NOBODY_MAY_LOG";
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Func<Uri> hub;
    private long busyTicks;

    public Invoker(Func<Uri> hub) => this.hub = hub;

    public TimeSpan FunctionTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>The functions that were invoked, in order, those whose requests are forwarded among them.</summary>
    public ConcurrentQueue<string> Invoked { get; } = new();

    /// <summary>How long the invocations took that have ended, added up.</summary>
    public TimeSpan Busy => TimeSpan.FromTicks(Interlocked.Read(ref busyTicks));

    /// <summary>Notes an invocation, and until it is disposed its time.</summary>
    public IDisposable Begin(string function)
    {
        Invoked.Enqueue(function);
        return new Running(this);
    }

    /// <summary>Invokes a function and returns its outputs and return value.</summary>
    /// <exception cref="InvocationFailedException">The connection broke, or the answer is not one that the host takes.</exception>
    public async Task<(JsonElement Outputs, JsonElement ReturnValue)> InvokeAsync(IHandler handler, FunctionFolder function, JsonObject data, JsonObject? metadata, CancellationToken cancellation)
    {
        if (function.NameOf("durableClient") is { } client)
        {
            data[client] = Encoded(new JsonObject
            {
                ["taskHubName"] = "standin", ["connectionName"] = null, ["creationUrls"] = null, ["managementUrls"] = null, ["baseUrl"] = null, ["requiredQueryStringParameters"] = SystemKey,
                ["rpcBaseUrl"] = hub().ToString().TrimEnd('/'), ["httpBaseUrl"] = "https://127.0.0.1:1/runtime/webhooks/durabletask", ["useForwardedHost"] = false,
                ["maxGrpcMessageSizeInBytes"] = 4194304, ["grpcHttpClientTimeout"] = "\"00:01:40\"",
            }.ToJsonString());
        }

        metadata ??= [];
        metadata["sys"] = new JsonObject { ["MethodName"] = function.Name, ["UtcNow"] = DateTime.UtcNow.ToString("O"), ["RandGuid"] = Guid.NewGuid().ToString() };
        // While the process is down, invocations wait for it; once it has one, its death is that of the invocation.
        var address = await handler.ReadyAsync(cancellation);
        using var running = Begin(function.Name);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, function.Name))
        {
            Content = new StringContent(new JsonObject { ["Data"] = data, ["Metadata"] = metadata }.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        request.Headers.TransferEncodingChunked = true;
        request.Headers.UserAgent.ParseAdd("Azure-Functions-Host/4.1037.0.0");
        request.Headers.Add("X-Azure-Functions-HostVersion", "4.1037.0.0");
        request.Headers.Add("X-Azure-Functions-InvocationId", Guid.NewGuid().ToString());
        return await AnswerAsync(request, cancellation);
    }

    /// <summary>A string as it travels: encoded once more.</summary>
    public static JsonNode Encoded(string text) => JsonValue.Create(JsonSerializer.Serialize(text));

    public void Dispose() => http.Dispose();

    private async Task<(JsonElement Outputs, JsonElement ReturnValue)> AnswerAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        HttpResponseMessage response;
        string body;
        using var timeout = new CancellationTokenSource(FunctionTimeout);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            response = await http.SendAsync(request, either.Token);
            body = await response.Content.ReadAsStringAsync(either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new InvocationFailedException("Microsoft.Azure.WebJobs.Host.FunctionTimeoutException", $"Timeout value of {FunctionTimeout} was exceeded by function.");
        }
        catch (HttpRequestException broken)
        {
            throw new InvocationFailedException("System.Net.Http.HttpRequestException", "An error occurred while sending the request.", broken);
        }

        using (response)
        {
            if (response.StatusCode is < HttpStatusCode.OK or >= HttpStatusCode.Ambiguous)
            {
                throw new InvocationFailedException("System.Net.Http.HttpRequestException", $"Response status code does not indicate success: {(int)response.StatusCode} ({response.ReasonPhrase}).");
            }

            if (response.Content.Headers.ContentType?.MediaType != "application/json")
            {
                throw new InvocationFailedException("System.InvalidOperationException", "The response has no JSON content type.");
            }

            if (body.Length == 0 || body == "null")
            {
                throw new InvocationFailedException("Microsoft.Azure.WebJobs.Host.FunctionTimeoutException", "The invocation never ended: its answer was empty.");
            }

            var answer = JsonDocument.Parse(body).RootElement;
            return (Value(answer, "Outputs"), Value(answer, "ReturnValue"));
        }
    }

    private static JsonElement Value(JsonElement answer, string name) =>
        answer.EnumerateObject().FirstOrDefault(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    private sealed class Running(Invoker invoker) : IDisposable
    {
        private readonly long since = Stopwatch.GetTimestamp();

        public void Dispose() => Interlocked.Add(ref invoker.busyTicks, Stopwatch.GetElapsedTime(since).Ticks);
    }
}

/// <summary>What the host makes of an invocation without a usable answer.</summary>
public sealed class InvocationFailedException(string type, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Type { get; } = type;
}
