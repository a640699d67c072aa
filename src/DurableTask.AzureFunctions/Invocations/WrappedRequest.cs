using System.Text.Json;
using System.Text.Json.Nodes;

namespace DurableTask.AzureFunctions;

/// <summary>An HTTP request as the host wraps it for a function that has more bindings than the request.</summary>
/// <param name="Method">The HTTP method, upper case.</param>
/// <param name="Parameters">The values of the route's parameters.</param>
/// <param name="Headers">The headers, names without regard to case; several values as one, with commas between them.</param>
/// <param name="Body">The body as text; empty when there is none.</param>
public sealed record WrappedRequest(string Method, IReadOnlyDictionary<string, string> Parameters, IReadOnlyDictionary<string, string> Headers, string Body)
{
    internal static WrappedRequest Read(Invocation invocation)
    {
        var request = invocation.Object("req");
        return new WrappedRequest(
            request.TryGetProperty(nameof(Method), out var method) ? method.GetString()?.ToUpperInvariant() ?? "" : "",
            Values(request, "Params"), Values(request, nameof(Headers)),
            request.TryGetProperty(nameof(Body), out var body) ? body.ValueKind == JsonValueKind.String ? body.GetString()! : body.ValueKind == JsonValueKind.Null ? "" : body.GetRawText() : "");
    }

    private static Dictionary<string, string> Values(JsonElement request, string name)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (request.TryGetProperty(name, out var given) && given.ValueKind == JsonValueKind.Object)
        {
            foreach (var one in given.EnumerateObject())
            {
                values[one.Name] = one.Value.ValueKind switch
                {
                    // All of them: the first may be the caller's own, and what a proxy adds comes behind it.
                    JsonValueKind.Array => string.Join(", ", one.Value.EnumerateArray().Select(value => value.ToString())),
                    JsonValueKind.String => one.Value.GetString()!,
                    _ => one.Value.GetRawText(),
                };
            }
        }

        return values;
    }
}

/// <summary>The answer to a wrapped request.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body as text.</param>
/// <param name="Headers">The headers; <c>Content-Type</c> is one of them.</param>
public sealed record WrappedAnswer(int Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    internal JsonObject ToOutputs() => new()
    {
        ["res"] = new JsonObject { ["statusCode"] = Status, ["body"] = Body, ["headers"] = new JsonObject(Headers.Select(header => KeyValuePair.Create(header.Key, (JsonNode?)header.Value))) },
    };
}
