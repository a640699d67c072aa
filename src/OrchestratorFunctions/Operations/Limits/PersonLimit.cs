using OrchestratorFunctions.Operations.Live;
using OrchestratorFunctions.Operations.Telemetry;

namespace OrchestratorFunctions.Operations.Limits;

/// <summary>How many messages one verified person may send, in each process: behind verification, where addresses say nothing.</summary>
internal sealed class PersonLimit(LiveSettings settings, AppMetrics metrics, TimeProvider time, ILogger<PersonLimit> logger)
{
    private readonly FixedWindows windows = new(time);

    /// <summary>Counts one more message of <paramref name="person"/>.</summary>
    public Taken Take(string person)
    {
        var limit = settings[LiveSettings.PersonRateLimit] ?? LimitOptions.PersonDefault;
        var taken = windows.Take(person, RateLimit.Parse(limit));
        if (!taken.Allowed)
        {
            metrics.RateLimited("person");
        }

        if (taken.IsFirstRefusal)
        {
            logger.LogWarning("Rate limit exceeded by {Person}: more messages than {Limit}", person, limit);
        }

        return taken;
    }
}
