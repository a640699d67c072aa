using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsHost.Handlers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace FunctionsHost.Front;

// The host's HTTP side: the first function by name whose route takes the path gets the request, as it came or wrapped; nobody else is asked.
internal sealed class HttpFront(IReadOnlyList<FunctionFolder> functions, Func<IHandler> handler, Invoker invoker) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };

    private readonly (FunctionFolder Function, TemplateMatcher Route, string[] Methods)[] routes =
    [
        .. functions.Where(function => function.Find("httpTrigger") is not null).Select(function =>
        {
            var trigger = function.Find("httpTrigger")!.Value;
            return (function, new TemplateMatcher(TemplateParser.Parse(trigger.GetProperty("route").GetString()!), []), trigger.GetProperty("methods").EnumerateArray().Select(one => one.GetString()!.ToUpperInvariant()).ToArray());
        }),
    ];

    public async Task AnswerAsync(HttpContext context)
    {
        var parameters = new RouteValueDictionary();
        var found = routes.FirstOrDefault(one => one.Methods.Contains(context.Request.Method) && one.Route.TryMatch(context.Request.Path.Value!.TrimEnd('/') is { Length: > 0 } path ? path : "/", parameters = []));
        if (found.Function is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        try
        {
            await (found.Function.IsForwarded ? ForwardAsync(context, found.Function) : WrapAsync(context, found.Function, parameters));
        }
        catch (Exception fault) when (fault is HttpRequestException or InvocationFailedException or HandlerGoneException)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
    }

    public void Dispose() => http.Dispose();

    // Untouched, and buffered on the way back.
    private async Task ForwardAsync(HttpContext context, FunctionFolder function)
    {
        var address = await handler().ReadyAsync(context.RequestAborted);
        using var running = invoker.Begin(function.Name);
        var raw = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(address.ToString().TrimEnd('/') + raw));
        if (context.Request.ContentLength is not null || context.Request.Headers.TransferEncoding.Count > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
        }

        foreach (var header in context.Request.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(header.Key, header.Value.ToArray()))
            {
                request.Content?.Headers.TryAddWithoutValidation(header.Key, header.Value.ToArray());
            }
        }

        using var response = await http.SendAsync(request, context.RequestAborted);
        var body = await response.Content.ReadAsByteArrayAsync(context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var header in response.Headers.Concat(response.Content.Headers).Where(header => header.Key is not "Transfer-Encoding" and not "Content-Length"))
        {
            context.Response.Headers[header.Key] = header.Value.ToArray();
        }

        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private async Task WrapAsync(HttpContext context, FunctionFolder function, RouteValueDictionary parameters)
    {
        using var reader = new StreamReader(context.Request.Body);
        var request = new JsonObject
        {
            ["Url"] = context.Request.GetEncodedUrl(), ["Method"] = context.Request.Method,
            ["Query"] = new JsonObject(context.Request.Query.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value.ToString()))),
            ["Headers"] = new JsonObject(context.Request.Headers.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)new JsonArray([.. one.Value.Select(value => (JsonNode?)value)])))),
            ["Params"] = new JsonObject(parameters.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value?.ToString()))),
            ["Identities"] = new JsonArray(),
            ["Body"] = await reader.ReadToEndAsync(context.RequestAborted),
        };
        var (outputs, _) = await invoker.InvokeAsync(handler(), function, new JsonObject { [function.NameOf("httpTrigger")!] = request }, null, context.RequestAborted);
        var answer = outputs.GetProperty(function.NameOf("http")!);
        context.Response.StatusCode = answer.GetProperty("statusCode").GetInt32();
        foreach (var header in answer.TryGetProperty("headers", out var headers) ? headers.EnumerateObject().ToArray() : [])
        {
            context.Response.Headers[header.Name] = header.Value.GetString();
        }

        var body = answer.GetProperty("body");
        await context.Response.WriteAsync(body.ValueKind == JsonValueKind.String ? body.GetString()! : body.GetRawText());
    }
}
