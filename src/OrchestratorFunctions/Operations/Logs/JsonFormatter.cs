using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace OrchestratorFunctions.Operations.Logs;

/// <summary>For machines: one JSON object an event with the runbook's keys, and the trace that leads from a webhook to its answer.</summary>
internal sealed class JsonFormatter(TimeProvider time, SecretMask mask) : ConsoleFormatter(nameof(JsonFormatter))
{
    // Nothing here reaches a browser; names in any script stay readable.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = LogLine.Of(logEntry, scopeProvider, mask);
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("timestamp", time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("level", line.Level);
            json.WriteString("logger", logEntry.Category);
            json.WriteString("message", line.Message);
            json.WriteString("project_id", line.ProjectId);
            json.WriteString("user_id", line.UserId);
            json.WriteString("trace_id", Activity.Current?.TraceId.ToHexString());
            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }
}
