using DurableTask.AzureFunctions;

namespace OrchestratorFunctions.Functions;

/// <summary>Who hosts this process and which engine runs its workflows.</summary>
internal sealed class FunctionsHosting
{
    // Set by the platform, never by an operator.
    private const string HostName = "WEBSITE_HOSTNAME";
    private const string PublicAddress = "PUBLIC_BASE_URL";

    /// <summary><c>auto</c> (default): <c>functions</c> when the Azure Functions host started this process, else <c>postgres</c>.</summary>
    [ConfigurationKeyName("DURABLE_BACKEND")]
    public string Backend { get; set; } = "auto";

    /// <summary>The port on which the Functions host expects this process; null when it did not start it. Set by the host, never by an operator, whose PORT is another (and would be bound to this if it had that name).</summary>
    public ushort? HandlerPort { get; private init; }

    /// <summary>Whether the Functions host started this process.</summary>
    public bool IsUnderHost => HandlerPort is not null;

    /// <summary>Whether the Durable Task extension of the host is the engine.</summary>
    public bool IsEngine => Backend == "functions" || (Backend == "auto" && IsUnderHost);

    /// <summary>The exit code of a process that was told to end. The host never starts a process again that ended with 0.</summary>
    public int EndsWith => IsUnderHost ? FunctionsOptions.ExitCode : 0;

    /// <summary>
    /// Where this app is found from outside, unless an operator says: by the platform's host name, else at the port of this process, which a coding agent on the same machine reaches.
    /// </summary>
    public void AddDefaults(ConfigurationManager configuration)
    {
        if (IsUnderHost && string.IsNullOrWhiteSpace(configuration[PublicAddress]))
        {
            var name = configuration[HostName];
            var isLocal = name is not null && (name.StartsWith("localhost", StringComparison.OrdinalIgnoreCase) || name.StartsWith("127.", StringComparison.Ordinal));
            configuration.AddInMemoryCollection([new(PublicAddress, string.IsNullOrWhiteSpace(name) ? $"http://127.0.0.1:{HandlerPort}" : $"{(isLocal ? "http" : "https")}://{name}")]);
        }
    }

    /// <exception cref="FormatException">A value is not one of those that there are.</exception>
    public static FunctionsHosting Of(IConfiguration configuration)
    {
        var port = configuration[FunctionsOptions.PortVariable] is { Length: > 0 } text
            ? ushort.TryParse(text, out var given) && given > 0 ? given : throw new FormatException($"{FunctionsOptions.PortVariable} is not a port.")
            : (ushort?)null;
        var hosting = new FunctionsHosting { HandlerPort = port };
        configuration.Bind(hosting);
        hosting.Backend = string.IsNullOrWhiteSpace(hosting.Backend) ? "auto" : hosting.Backend.Trim().ToLowerInvariant();
        return hosting.Backend is "auto" or "functions" or "postgres" ? hosting : throw new FormatException("DURABLE_BACKEND is none of auto, functions, postgres.");
    }
}
