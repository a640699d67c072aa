using System.Text.Json;
using System.Text.Json.Serialization;

namespace DurableTask.Wire;

// What an activity's worker answers: {"ok":true,"result":…} or {"ok":false,"failure":{…}}. The Functions host throws the reason of a failed activity away, so it travels as a result.
internal static class ResultEnvelope
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static string Success(string? result) => $$"""{"ok":true,"result":{{result ?? "null"}}}""";

    public static string Failed(DurableTask.TaskFailureDetails failure) => $$"""{"ok":false,"failure":{{JsonSerializer.Serialize(failure, Options)}}}""";

    // A result without an envelope (an activity of another worker) is taken as it is. Under the Functions host the envelope is a JSON string: an object would come
    // back with its dates and numbers rewritten.
    public static (string? Result, DurableTask.TaskFailureDetails? Failure) Open(string? answer)
    {
        if (answer is not null && answer.StartsWith("\"{", StringComparison.Ordinal) && JsonSerializer.Deserialize<string>(answer) is { } text && IsEnvelope(text))
        {
            answer = text;
        }

        if (answer is null || !IsEnvelope(answer))
        {
            return (answer, null);
        }

        using var document = JsonDocument.Parse(answer);
        var root = document.RootElement;
        if (root.GetProperty("ok").ValueKind == JsonValueKind.False && root.TryGetProperty("failure", out var failure))
        {
            return (null, failure.Deserialize<DurableTask.TaskFailureDetails>(Options));
        }

        return root.TryGetProperty("result", out var result) && result.ValueKind != JsonValueKind.Null ? (result.GetRawText(), null) : (null, null);
    }

    private static bool IsEnvelope(string text) => text.StartsWith("""{"ok":""", StringComparison.Ordinal);
}
