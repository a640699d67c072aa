using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DurableTask.AzureFunctions;

// The envelope in which the host sends every trigger but a forwarded HTTP request: {"Data":{binding: value},"Metadata":{…}}. Whatever was a string travels
// encoded once more, so that "abc" arrives as "\"abc\"".
internal sealed class Invocation : IDisposable
{
    private readonly JsonDocument document;
    private readonly JsonElement data;

    private Invocation(JsonDocument document, JsonElement data) => (this.document, this.data) = (document, data);

    // Large inputs come several times over, so the server's usual limit for a body does not hold here: the sender is the host on this machine.
    public static async Task<Invocation> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        JsonDocument? body = null;
        try
        {
            body = await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellation);
            if (body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty("Data", out var values) && values.ValueKind == JsonValueKind.Object)
            {
                return new Invocation(body, values);
            }
        }
        catch (JsonException)
        {
            // Said below, in words that help.
        }

        body?.Dispose();
        throw new InvocationException("The body is not an invocation of the Functions host: an object with \"Data\" is.");
    }

    public bool Has(string binding) => data.TryGetProperty(binding, out _);

    // The text of a string, or the JSON of anything else; null when it is not there.
    public string? Text(string binding) => Text(data, binding);

    public string? Metadata(string name) =>
        document.RootElement.TryGetProperty("Metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object ? Text(metadata, name) : null;

    public JsonElement Object(string binding) => data.TryGetProperty(binding, out var value) && value.ValueKind == JsonValueKind.Object
        ? value
        : throw new InvocationException($"The invocation has no object \"{binding}\".");

    public void Dispose() => document.Dispose();

    private static string? Text(JsonElement values, string name) => !values.TryGetProperty(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.String => Inner(value.GetString()!),
        _ => value.GetRawText(),
    };

    private static string Inner(string text)
    {
        if (!text.StartsWith('"'))
        {
            return text;
        }

        try
        {
            return JsonSerializer.Deserialize<string>(text)!;
        }
        catch (JsonException)
        {
            return text;
        }
    }
}

// A call that is not what the host sends. Its message says what is wrong with it.
internal sealed class InvocationException(string message, Exception? inner = null) : Exception(message, inner);
