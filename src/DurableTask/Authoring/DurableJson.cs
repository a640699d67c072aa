using System.Text.Json;
using System.Text.Json.Serialization;

namespace DurableTask;

/// <summary>How inputs, results, events and statuses are written: camelCase, fields too (so tuples travel), enums by name, read without regard to case.</summary>
public static class DurableJson
{
    /// <summary>The options in use; read-only.</summary>
    public static JsonSerializerOptions Options { get; } = Make();

    /// <summary>Writes a value; null stays null.</summary>
    /// <param name="value">The value.</param>
    public static string? Write(object? value) => value is null ? null : JsonSerializer.Serialize(value, value.GetType(), Options);

    /// <summary>Reads a value; null or empty text is the type's default.</summary>
    /// <param name="json">The text.</param>
    /// <typeparam name="T">The type to read it as.</typeparam>
    /// <exception cref="JsonException">The text is not such a value.</exception>
    public static T? Read<T>(string? json) => string.IsNullOrEmpty(json) ? default : JsonSerializer.Deserialize<T>(json, Options);

    /// <summary>Reads a value; null or empty text is null.</summary>
    /// <param name="json">The text.</param>
    /// <param name="type">The type to read it as.</param>
    /// <exception cref="JsonException">The text is not such a value.</exception>
    public static object? Read(string? json, Type type) => string.IsNullOrEmpty(json) ? null : JsonSerializer.Deserialize(json, type, Options);

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.Strict, IncludeFields = true };
        options.Converters.Add(new JsonStringEnumConverter());
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
