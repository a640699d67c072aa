using System.Reflection;

namespace OrchestratorFunctions.Operations.Live;

/// <summary>The names of all settings: what the options of the rooms bind, and the few that the hosting reads by itself.</summary>
internal static class SettingNames
{
    public static IReadOnlyList<string> All { get; } =
    [
        .. typeof(SettingNames).Assembly.GetTypes().SelectMany(type => type.GetProperties())
            .Select(property => property.GetCustomAttribute<ConfigurationKeyNameAttribute>()?.Name).OfType<string>()
            .Concat(["APP_ENV", "LOG_DIRECTORY", LiveSettings.LogLevel, "PORT"]).Distinct().Order(StringComparer.Ordinal),
    ];
}
