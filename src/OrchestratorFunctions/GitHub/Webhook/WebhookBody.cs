using System.Net;
using System.Net.Http.Headers;

namespace OrchestratorFunctions.GitHub.Webhook;

/// <summary>Finds the JSON in the raw bytes of a body. The signature is over the raw bytes, whatever their form.</summary>
internal static class WebhookBody
{
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
