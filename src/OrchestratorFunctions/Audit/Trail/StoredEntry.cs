using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrchestratorFunctions.Audit.Trail;

/// <summary>An entry as it is stored, and who its actor is as far as that is still known.</summary>
internal sealed class StoredEntry
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public long Id { get; init; }

    /// <summary>Null: of the one chain that there was first.</summary>
    public Guid? Chain { get; init; }

    public long? Position { get; init; }

    public DateTimeOffset At { get; init; }

    public string Action { get; init; } = "";

    public string Actor { get; init; } = "";

    /// <summary>The person behind the pseudonym; null when forgotten, or when the actor is none.</summary>
    public string? Person { get; init; }

    public Guid? ProjectId { get; init; }

    public string Details { get; init; } = "";

    public string Result { get; init; } = "";

    public string? IpAddress { get; init; }

    public byte[]? PreviousHash { get; init; }

    public byte[] Hash { get; init; } = [];

    /// <summary>The hash that the entry would have if nothing of it was changed.</summary>
    public byte[] ExpectedHash()
    {
        var entry = new AuditEntry(Action, Actor, ProjectId, Details, Result) { IpAddress = IpAddress };
        return Chain is { } chain ? AuditHash.Of(chain, Position!.Value, At, entry, Actor, Details, PreviousHash) : AuditHash.OfFirstChain(Id, At, entry, Details, PreviousHash);
    }

    /// <summary>The entry as one line of JSON, in the runbook's shape.</summary>
    public string ToJsonLine()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("timestamp", At.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("action", Action);
            json.WriteString("user_id", Person ?? Actor);
            json.WriteString("project_id", ProjectId?.ToString());
            json.WritePropertyName("details");
            // Parsed and written anew: stored text may have line breaks between its tokens.
            using var details = JsonDocument.Parse(Details);
            details.RootElement.WriteTo(json);
            json.WriteString("result", Result);
            json.WriteString("ip_address", IpAddress);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }
}
