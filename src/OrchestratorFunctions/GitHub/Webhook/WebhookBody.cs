using System.Net;
using System.Net.Http.Headers;

namespace OrchestratorFunctions.GitHub.Webhook;

/// <summary>Reads the raw bytes of a request, and finds the JSON in them. The signature is over the raw bytes, whatever their form.</summary>
internal static class WebhookBody
{
    /// <summary>The largest body that GitHub sends: 25 MiB (docs.github.com, webhook payload cap).</summary>
    public const int Largest = 25 * 1024 * 1024;

    private const int FirstBuffer = 16 * 1024;

    /// <summary>The raw bytes, or null when there are more than <see cref="Largest"/>.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > Largest)
        {
            return null;
        }

        var buffer = new byte[request.ContentLength is { } length and > 0 ? length + 1 : FirstBuffer];
        var filled = 0;
        int read;
        while ((read = await request.Body.ReadAsync(buffer.AsMemory(filled), cancellationToken)) > 0)
        {
            filled += read;
            if (filled > Largest)
            {
                return null;
            }

            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, Largest + 1));
            }
        }

        return buffer.AsMemory(0, filled);
    }

    /// <summary>The JSON in a body of this content type; null when GitHub sends no such type.</summary>
    public static ReadOnlyMemory<byte>? Json(ReadOnlyMemory<byte> body, string? contentType)
    {
        var type = MediaTypeHeaderValue.TryParse(contentType, out var given) ? given.MediaType : null;
        if (string.Equals(type, "application/json", StringComparison.OrdinalIgnoreCase))
        {
            return body;
        }

        return string.Equals(type, "application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) ? FormField(body.Span) : default(ReadOnlyMemory<byte>?);
    }

    // payload=%7B…; a form without it holds no JSON, which is the body's fault and not its type's.
    private static ReadOnlyMemory<byte> FormField(ReadOnlySpan<byte> form)
    {
        var name = "payload="u8;
        foreach (var range in form.Split((byte)'&'))
        {
            var field = form[range];
            if (field.StartsWith(name))
            {
                var value = field[name.Length..].ToArray();
                return WebUtility.UrlDecodeToBytes(value, 0, value.Length);
            }
        }

        return ReadOnlyMemory<byte>.Empty;
    }
}
