namespace OrchestratorFunctions.Operations.Logs;

/// <summary>Which events are written; may change while the app runs.</summary>
internal sealed class LogLevels
{
    /// <summary>What the libraries say is for whoever debugs them: only their warnings are ours.</summary>
    private static readonly string[] Libraries = ["Microsoft", "System", "Npgsql", "Azure", "Grpc"];

    private volatile LogLevel minimum = LogLevel.Information;

    public LogLevel Minimum
    {
        get => minimum;
        set => minimum = value;
    }

    public bool Takes(string? category, LogLevel level) =>
        level >= minimum && (level >= LogLevel.Warning || !Libraries.Any(library => category is not null && category.StartsWith(library, StringComparison.Ordinal)));

    /// <summary>The level that LOG_LEVEL names; null when it names none.</summary>
    public static LogLevel? Parse(string? name) => name?.ToUpperInvariant() switch
    {
        "DEBUG" => LogLevel.Debug,
        "WARNING" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        null or "" or "INFO" => LogLevel.Information,
        _ => null,
    };
}
