using System.Reflection;

namespace OrchestratorFunctions.Operations.Live;

/// <summary>The names of all settings: what the rooms bind, and the few that the hosting reads by itself.</summary>
internal static class SettingNames
{
    // Not by asking the assembly for all of its types: that would load them, and every library that they name.
    public static IReadOnlyList<string> Of(IEnumerable<BoundSettings> bound) =>
    [
        .. bound.SelectMany(settings => settings.Type.GetProperties()).Select(property => property.GetCustomAttribute<ConfigurationKeyNameAttribute>()?.Name).OfType<string>()
            .Concat(["APP_ENV", "DURABLE_BACKEND", "LOG_DIRECTORY", LiveSettings.LogLevel, "PORT"]).Distinct().Order(StringComparer.Ordinal),
    ];
}
