using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using DurableTask;

namespace OrchestratorFunctions.Instances;

/// <summary>
/// Statuses as people and programs name them: one name each, whatever its letters' case. .NET's own parser would also take numbers, and of <c>completed,failed</c> make a third one.
/// </summary>
internal static class Statuses
{
    private static readonly OrchestrationRuntimeStatus[] All =
    [
        OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed,
        OrchestrationRuntimeStatus.Terminated, OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Suspended,
    ];

    public static string Names { get; } = $"{string.Join(", ", All[..^1])} or {All[^1]}";

    public static Option<OrchestrationRuntimeStatus[]> Option(string description) => new("--status")
    {
        Description = description,
        CustomParser = result =>
        {
            if (result.Tokens.FirstOrDefault(token => Find(token.Value) is null) is { } wrong)
            {
                result.AddError(Fault(wrong.Value));
                return null;
            }

            return [.. result.Tokens.Select(token => Find(token.Value)!.Value)];
        },
    };

    public static OrchestrationRuntimeStatus? Find(string? name) =>
        All.Cast<OrchestrationRuntimeStatus?>().FirstOrDefault(status => string.Equals(status.ToString(), name, StringComparison.OrdinalIgnoreCase));

    public static string Fault(string given) => $"status is {Names}: not '{given}'.";
}

/// <summary>The same in JSON. What is wrong is a <see cref="FormatException"/> that says so, and not merely the wrong kind of JSON.</summary>
internal sealed class StatusConverter : JsonConverter<OrchestrationRuntimeStatus>
{
    public override OrchestrationRuntimeStatus Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var given = JsonDocument.ParseValue(ref reader);
        var name = given.RootElement.ToString();
        return given.RootElement.ValueKind == JsonValueKind.String && Statuses.Find(name) is { } status ? status : throw new FormatException(Statuses.Fault(name));
    }

    public override void Write(Utf8JsonWriter writer, OrchestrationRuntimeStatus value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
