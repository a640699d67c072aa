using System.Text.Json.Nodes;

namespace TestKit.Models;

/// <summary>What OpenAI demands of a schema with "strict": every object closed, every property required.</summary>
internal static class StrictSchema
{
    /// <summary>The first fault, or null.</summary>
    public static string? Fault(JsonNode? node) => node switch
    {
        JsonObject schema => OfObject(schema) ?? schema.Select(item => Fault(item.Value)).FirstOrDefault(fault => fault is not null),
        JsonArray items => items.Select(Fault).FirstOrDefault(fault => fault is not null),
        _ => null,
    };

    private static string? OfObject(JsonObject schema)
    {
        if (schema["properties"] is not JsonObject properties || schema["type"] is not (JsonValue or JsonArray))
        {
            return null;
        }

        if (schema["additionalProperties"] is not JsonValue closed || !closed.TryGetValue<bool>(out var open) || open)
        {
            return "'additionalProperties' is required to be supplied and to be false.";
        }

        var required = (schema["required"] as JsonArray ?? []).Select(name => name!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
        return properties.FirstOrDefault(property => !required.Contains(property.Key)).Key is { } missing
            ? $"'required' is required to be supplied and to be an array including every key in properties. Missing '{missing}'."
            : null;
    }
}
