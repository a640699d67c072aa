using Microsoft.Extensions.Logging.Console;

namespace OrchestratorFunctions.Operations.Logs;

/// <summary>How the process logs, by APP_ENV, LOG_LEVEL and LOG_DIRECTORY.</summary>
internal static class Logging
{
    private const string DefaultFolder = "logs";

    // The Functions host sets it for its handler; nobody else does.
    private const string FunctionsPort = "FUNCTIONS_CUSTOMHANDLER_PORT";

    /// <summary>Whether machines read what we write: <c>APP_ENV=production</c>.</summary>
    public static bool IsProduction(IConfiguration configuration) => string.Equals(configuration["APP_ENV"], "production", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The folder of the log files: LOG_DIRECTORY, <c>logs</c> when it is not set, null for <c>off</c>. Behind the Functions host
    /// nothing is written unless a folder is named, since the app's own folder is read-only there.
    /// </summary>
    public static string? Folder(IConfiguration configuration) => configuration["LOG_DIRECTORY"] switch
    {
        "off" => null,
        null or "" => configuration[FunctionsPort] is { Length: > 0 } ? null : DefaultFolder,
        var folder => folder,
    };

    /// <summary>
    /// In production JSON lines on standard output; else lines for people on standard error, so that standard output says only what scripts read.
    /// </summary>
    /// <exception cref="FormatException">LOG_LEVEL or APP_ENV is none of its values.</exception>
    public static void UseLogging(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (configuration["APP_ENV"] is { Length: > 0 } environment && environment.ToUpperInvariant() is not ("PRODUCTION" or "DEVELOPMENT"))
        {
            throw new FormatException("APP_ENV is neither production nor development.");
        }

        var levels = new LogLevels { Minimum = LogLevels.Parse(configuration["LOG_LEVEL"]) ?? throw new FormatException("LOG_LEVEL is none of DEBUG, INFO, WARNING, ERROR.") };
        var production = IsProduction(configuration);
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace)
            .AddFilter((category, level) => levels.Takes(category, level))
            .AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>()
            .AddConsoleFormatter<JsonFormatter, ConsoleFormatterOptions>()
            .AddConsole(console =>
            {
                console.FormatterName = production ? nameof(JsonFormatter) : nameof(LineFormatter);
                console.LogToStandardErrorThreshold = production ? LogLevel.None : LogLevel.Trace;
            });
        builder.Services.AddSingleton(levels).AddSingleton<SecretMask>();
        if (Folder(configuration) is { } folder)
        {
            builder.Services.AddSingleton<ILoggerProvider>(provider => new FileLogs(
                folder, production ? ActivatorUtilities.CreateInstance<JsonFormatter>(provider) : ActivatorUtilities.CreateInstance<LineFormatter>(provider)));
        }
    }
}
