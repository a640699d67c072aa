using System.Collections.Concurrent;

namespace OrchestratorFunctions.Operations.Checks;

/// <summary>One thing that can be in trouble.</summary>
internal interface ICheck
{
    string Name { get; }

    /// <summary>How long it may take; longer is trouble.</summary>
    TimeSpan Limit { get; }

    /// <summary>How long an answer holds, so that many probes cost no more than one.</summary>
    TimeSpan GoodFor { get; }

    /// <summary>Whether nothing works without it; otherwise trouble is a degradation.</summary>
    bool IsVital { get; }

    /// <summary>What is wrong, in words that name no host, user or secret; null when nothing is.</summary>
    Task<string?> FindFaultAsync(CancellationToken cancellationToken);
}

/// <summary>What a check found, and when.</summary>
internal sealed record Finding(string? Fault, DateTimeOffset At);

/// <summary><c>GET /health/details</c>: every check, each with a time limit and a memory of its own. The answer is healthy, degraded, or unhealthy with 503.</summary>
internal sealed class HealthChecks(IEnumerable<ICheck> checks, TimeProvider time, ILogger<HealthChecks> logger)
{
    private readonly ConcurrentDictionary<string, Finding> known = new(StringComparer.Ordinal);

    public async Task<IResult> DetailsAsync(CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll(checks.Select(async check => (Check: check, Finding: await LookAsync(check, cancellationToken))));
        var unhealthy = found.Any(one => one.Check.IsVital && one.Finding.Fault is not null);
        var status = unhealthy ? "unhealthy" : found.Any(one => one.Finding.Fault is not null) ? "degraded" : "healthy";
        var details = found.ToDictionary(
            one => one.Check.Name, one => new { status = one.Finding.Fault ?? "ok", seconds_ago = Math.Round((time.GetUtcNow() - one.Finding.At).TotalSeconds, 1) }, StringComparer.Ordinal);
        return Results.Json(new { status, checks = details }, statusCode: unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }

    /// <summary>What one check finds now, or found a moment ago; null when there is no such check.</summary>
    public async Task<Finding?> FindAsync(string name, CancellationToken cancellationToken) =>
        checks.FirstOrDefault(check => check.Name == name) is { } one ? await LookAsync(one, cancellationToken) : null;

    private async Task<Finding> LookAsync(ICheck check, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(check.Name, out var last) && time.GetUtcNow() - last.At < check.GoodFor)
        {
            return last;
        }

        string? fault;
        try
        {
            fault = await check.FindFaultAsync(cancellationToken).WaitAsync(check.Limit, time, cancellationToken);
        }
        catch (Exception trouble) when (!cancellationToken.IsCancellationRequested)
        {
            logger.LogWarning("The check {Check} failed: {Reason}", check.Name, trouble.Message);
            fault = trouble is TimeoutException ? "no answer in time" : "failed, see the log";
        }

        return known[check.Name] = new Finding(fault, time.GetUtcNow());
    }
}
