using System.Collections.Immutable;
using System.Text.Json;
using DurableTask.PostgreSql.Database;
using DurableTask.Wire;
using Npgsql;

namespace DurableTask.PostgreSql.Client;

// Instances between rows and what the client hands out.
internal static class InstanceRows
{
    private static readonly JsonSerializerOptions FailureJson = new(JsonSerializerDefaults.Web);

    public static OrchestrationMetadata Metadata(NpgsqlDataReader reader, bool withInputsAndOutputs) => new(reader.GetString(1), reader.GetString(0))
    {
        Version = reader.TextOrNull(2) ?? "",
        RuntimeStatus = Status(reader.GetString(3)),
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(4),
        LastUpdatedAt = reader.GetFieldValue<DateTimeOffset>(5),
        ParentInstanceId = reader.TextOrNull(6),
        FailureDetails = reader.TextOrNull(7) is { } failure ? JsonSerializer.Deserialize<TaskFailureDetails>(failure, FailureJson) : null,
        Tags = Tags(reader.TextOrNull(8)),
        ParkedReason = reader.TextOrNull(9),
        HasInputsAndOutputs = withInputsAndOutputs,
        SerializedInput = reader.TextOrNull(10),
        SerializedOutput = reader.TextOrNull(11),
        SerializedCustomStatus = reader.TextOrNull(12),
    };

    public static string? Failure(Wire.TaskFailureDetails? details) => details is null ? null : JsonSerializer.Serialize(Failures.From(details), FailureJson);

    public static OrchestrationMetadata WithoutInputsAndOutputs(OrchestrationMetadata found) =>
        found with { HasInputsAndOutputs = false, SerializedInput = null, SerializedOutput = null, SerializedCustomStatus = null };

    public static OrchestrationRuntimeStatus Status(string text) => Enum.Parse<OrchestrationRuntimeStatus>(text, ignoreCase: true);

    public static IEnumerable<string> Statuses(IEnumerable<OrchestrationRuntimeStatus>? statuses) => (statuses ?? []).Select(status => status.ToString().ToUpperInvariant());

    public static IReadOnlyDictionary<string, string> Tags(string? json) =>
        json is null ? ImmutableDictionary<string, string>.Empty : JsonSerializer.Deserialize<ImmutableDictionary<string, string>>(json)!;

    public static string? Tags(IReadOnlyDictionary<string, string>? tags) => tags is { Count: > 0 } ? JsonSerializer.Serialize(tags) : null;
}
