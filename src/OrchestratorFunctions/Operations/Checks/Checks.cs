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

/// <summary>What a check found.</summary>
/// <param name="At">When, by <see cref="TimeProvider.GetTimestamp"/>: a clock that is put back must not make it look new.</param>
internal sealed record Finding(string? Fault, long At);

/// <summary><c>GET /health/details</c>: every check, each with a time limit and a memory of its own. The answer is healthy, degraded, or unhealthy with 503.</summary>
internal sealed class HealthChecks(IEnumerable<ICheck> checks, TimeProvider time, ILogger<HealthChecks> logger)
{
    private readonly Dictionary<string, Task<Finding>> looks = new(StringComparer.Ordinal);
    private readonly Lock one = new();

    public async Task<IResult> DetailsAsync(CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll(checks.Select(async check => (Check: check, Finding: await LookAsync(check, cancellationToken))));
        var unhealthy = found.Any(one => one.Check.IsVital && one.Finding.Fault is not null);
        var status = unhealthy ? "unhealthy" : found.Any(one => one.Finding.Fault is not null) ? "degraded" : "healthy";
        var details = found.ToDictionary(
            one => one.Check.Name, one => new { status = one.Finding.Fault ?? "ok", seconds_ago = Math.Round(time.GetElapsedTime(one.Finding.At).TotalSeconds, 1) }, StringComparer.Ordinal);
        return Results.Json(new { status, checks = details }, statusCode: unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }

    /// <summary>What one check finds now, or found a moment ago; null when there is no such check.</summary>
    public async Task<Finding?> FindAsync(string name, CancellationToken cancellationToken) =>
        checks.FirstOrDefault(check => check.Name == name) is { } one ? await LookAsync(one, cancellationToken) : null;

    // All who ask while one looks hear what it finds: a flood of probes is one look. It goes on when who asked first has hung up.
    private Task<Finding> LookAsync(ICheck check, CancellationToken cancellationToken)
    {
        lock (one)
        {
            if (!looks.TryGetValue(check.Name, out var look) || (look.IsCompletedSuccessfully && time.GetElapsedTime(look.Result.At) >= check.GoodFor))
            {
                looks[check.Name] = look = Task.Run(() => FindAsync(check), CancellationToken.None);
            }

            return look.WaitAsync(cancellationToken);
        }
    }

    // Never throws.
    private async Task<Finding> FindAsync(ICheck check)
    {
        using var limit = new CancellationTokenSource(check.Limit, time);
        try
        {
            // Opening a connection may ignore its token while a server hangs in the handshake.
            return new Finding(await check.FindFaultAsync(limit.Token).WaitAsync(check.Limit, time, CancellationToken.None), time.GetTimestamp());
        }
        catch (Exception trouble)
        {
            logger.LogWarning("The check {Check} failed: {Reason}", check.Name, trouble.Message);
            return new Finding(trouble is TimeoutException or OperationCanceledException ? "no answer in time" : "failed, see the log", time.GetTimestamp());
        }
    }
}
