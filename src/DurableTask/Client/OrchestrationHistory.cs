using System.Text.Json;
using DurableTask.Wire;
using Google.Protobuf;

namespace DurableTask;

/// <summary>Everything that has happened to one generation of an instance, oldest first. It can be kept as JSON.</summary>
public sealed class OrchestrationHistory
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    internal OrchestrationHistory(string instanceId, IReadOnlyList<HistoryEvent> events) => (InstanceId, Events) = (instanceId, events);

    /// <summary>Whose history it is.</summary>
    public string InstanceId { get; }

    /// <summary>The history as a list of what happened.</summary>
    public IReadOnlyList<HistoryEntry> Entries => [.. Events.Select(HistoryEntry.Of)];

    internal IReadOnlyList<HistoryEvent> Events { get; }

    /// <summary>Reads a history that <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="FormatException">The text is no such history.</exception>
    public static OrchestrationHistory Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var events = document.RootElement.GetProperty("events").EnumerateArray().Select(one => Parser.Parse<HistoryEvent>(one.GetRawText()));
            return new OrchestrationHistory(document.RootElement.GetProperty("instanceId").GetString() ?? "", [.. events]);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or InvalidProtocolBufferException)
        {
            throw new FormatException($"This is no recorded history ({fault.Message}).", fault);
        }
    }

    /// <summary>Writes the history as JSON: the instance id, and the events in the JSON form of the Durable Task protocol.</summary>
    public string ToJson()
    {
        var events = Events.Select(one => JsonDocument.Parse(Formatter.Format(one)).RootElement);
        return JsonSerializer.Serialize(new { instanceId = InstanceId, events }, Indented);
    }
}
