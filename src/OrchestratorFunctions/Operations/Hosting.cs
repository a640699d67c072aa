using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;

namespace OrchestratorFunctions.Operations;

/// <summary>How the process is hosted: where its settings come from, where it listens, how it logs, what a fault looks like from outside.</summary>
internal static class Hosting
{
    public const string LocalSettings = "local.settings.json";
    private const int DefaultPort = 8000;

    // GitHub's largest delivery; each edge has its own, smaller or equal.
    private const long LargestBody = 25 * 1024 * 1024;
    private const int MostConnections = 1000;

    // Requests and steps under way get this long to end; what does not is taken up by the next process.
    private static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(20);

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
            // The Functions host has its own limit, and wraps what it passes on.
            server.Limits.MaxRequestBodySize = hostPort is null ? LargestBody : null;
            server.Limits.MaxRequestLineSize = 8 * 1024;
            server.Limits.MaxRequestHeaderCount = 64;
            server.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            server.Limits.MaxConcurrentConnections = MostConnections;
            server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            server.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(90);
            server.Limits.MinRequestBodyDataRate = new Microsoft.AspNetCore.Server.Kestrel.Core.MinDataRate(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));
            server.Listen(IPAddress.Loopback, port);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownLimit);
        builder.Services.AddRoutingCore().AddProblemDetails();
        return builder;
    }

    /// <summary>A fault of ours is a problem document without its text; a path with a trailing slash is the path without it.</summary>
    public static void UseProblems(this IApplicationBuilder app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            // A body that breaks off is the sender's fault; all else is ours, and the log has it.
            SuppressDiagnosticsCallback = fault => fault.Exception is BadHttpRequestException,
            StatusCodeSelector = fault => fault is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status503ServiceUnavailable,
        });
        app.UseStatusCodePages();
    }
}
