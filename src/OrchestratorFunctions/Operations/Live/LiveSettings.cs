using OrchestratorFunctions.Operations.Limits;
using OrchestratorFunctions.Operations.Logs;

namespace OrchestratorFunctions.Operations.Live;

/// <summary>
/// The few settings that an operator changes while the app runs, in every process within seconds: the verb <c>settings set</c> stores
/// them, each process looks every two seconds, and what is stored goes before the environment.
/// </summary>
internal sealed class LiveSettings(LiveSettingStore store, LogLevels levels, IConfiguration configuration, ILogger<LiveSettings> logger) : ISweep
{
    public const string LogLevel = "LOG_LEVEL";
    public const string DefaultRateLimit = "DEFAULT_RATE_LIMIT";
    public const string PersonRateLimit = "PERSON_RATE_LIMIT";
    public const string BlockedIps = "BLOCKED_IPS";
    private volatile IReadOnlyDictionary<string, string> stored = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Their names, each with what is wrong with a value; null when nothing is.</summary>
    public static IReadOnlyDictionary<string, Func<string, string?>> Names { get; } = new Dictionary<string, Func<string, string?>>(StringComparer.Ordinal)
    {
        [LogLevel] = value => LogLevels.Parse(value) is null ? "is none of DEBUG, INFO, WARNING, ERROR." : null,
        [DefaultRateLimit] = RateLimit.Problem,
        [PersonRateLimit] = RateLimit.Problem,
        [BlockedIps] = AddressList.Problem,
    };

    /// <summary>The value that holds now; null when the default does.</summary>
    public string? this[string name] => stored.TryGetValue(name, out var value) ? value : configuration[name] is { Length: > 0 } given ? given.Trim() : null;

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var found = await store.AllAsync(cancellationToken);
        var changed = found.Keys.Union(stored.Keys).Where(name => found.GetValueOrDefault(name) != stored.GetValueOrDefault(name)).ToArray();
        stored = found;
        levels.Minimum = LogLevels.Parse(this[LogLevel]) ?? levels.Minimum;
        foreach (var name in changed)
        {
            logger.LogInformation("The setting {Name} is now {Value}", name, this[name] ?? "the default");
        }
    }
}
