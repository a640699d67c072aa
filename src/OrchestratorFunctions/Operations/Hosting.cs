using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;

namespace OrchestratorFunctions.Operations;

/// <summary>How the process is hosted: where its settings come from, where it listens, how it logs, what a fault looks like from outside.</summary>
internal static class Hosting
{
    public const string LocalSettings = "local.settings.json";
    private const int DefaultPort = 8000;

    /// <summary>The values of local.settings.json (if there is one here), overridden by environment variables, overridden by <paramref name="settings"/>.</summary>
    public static IConfiguration UseSettings(this ConfigurationManager configuration, IReadOnlyDictionary<string, string?>? settings)
    {
        configuration.Sources.Clear();
        if (File.Exists(LocalSettings))
        {
            configuration.AddInMemoryCollection(LocalValues(File.ReadAllText(LocalSettings)));
        }

        configuration.AddEnvironmentVariables();
        configuration.AddInMemoryCollection(settings);
        return configuration;
    }

    /// <summary>The settings that the text of a local.settings.json holds.</summary>
    /// <exception cref="FormatException">It is not of that form; the message names the place and repeats no value.</exception>
    public static IReadOnlyList<KeyValuePair<string, string?>> LocalValues(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("Values", out var values) && values.ValueKind == JsonValueKind.Object
                ? [.. values.EnumerateObject().Select(entry => KeyValuePair.Create(entry.Name, (string?)entry.Value.ToString()))]
                : throw new FormatException($"{LocalSettings} has no object \"Values\".");
        }
        catch (JsonException fault)
        {
            throw new FormatException($"{LocalSettings} is not JSON: see line {fault.LineNumber + 1}.", fault);
        }
    }

    /// <summary>Listens on this machine only, at <paramref name="hostPort"/> where the Functions host named one, else at PORT (8000; 0 takes a free one): what faces the world is a proxy or that host.</summary>
    public static WebApplicationBuilder UseLoopback(this WebApplicationBuilder builder, ushort? hostPort)
    {
        var port = hostPort ?? (builder.Configuration["PORT"] is { Length: > 0 } text ? ushort.TryParse(text, out var given) ? given : throw new FormatException("PORT is not a number between 0 and 65535.") : DefaultPort);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Listen(IPAddress.Loopback, port);
        });
        builder.Services.AddRoutingCore().AddProblemDetails();
        return builder;
    }

    /// <summary>One line an event on standard error, so that standard output says only what scripts read. Level by LOG_LEVEL: DEBUG, INFO, WARNING, ERROR.</summary>
    public static void UseLogging(this WebApplicationBuilder builder)
    {
        var level = builder.Configuration["LOG_LEVEL"]?.ToUpperInvariant() switch
        {
            "DEBUG" => LogLevel.Debug,
            "WARNING" => LogLevel.Warning,
            "ERROR" => LogLevel.Error,
            null or "" or "INFO" => LogLevel.Information,
            _ => throw new FormatException("LOG_LEVEL is none of DEBUG, INFO, WARNING, ERROR."),
        };
        builder.Logging.ClearProviders().SetMinimumLevel(level)
            .AddFilter("Microsoft", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning).AddFilter("Npgsql", LogLevel.Warning)
            .AddConsoleFormatter<LineFormatter, Microsoft.Extensions.Logging.Console.ConsoleFormatterOptions>()
            .AddConsole(console => console.FormatterName = nameof(LineFormatter));
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    /// <summary>A fault of ours is a problem document without its text; a path with a trailing slash is the path without it.</summary>
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            // A body that breaks off is the sender's fault; all else is ours, and the log has it.
            StatusCodeSelector = fault => fault is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status503ServiceUnavailable,
        });
        app.UseStatusCodePages();
    }
}
