using System.Globalization;
using OrchestratorFunctions.Operations.Live;
using OrchestratorFunctions.Operations.Telemetry;

namespace OrchestratorFunctions.Operations.Limits;

/// <summary>
/// Stands around a webhook and counts what it refuses. Whoever sends more of that than DEFAULT_RATE_LIMIT hears 429. A verified request
/// is never limited here: forged ones must not shut the vendor out, whatever address both come from.
/// </summary>
internal sealed class Refusals(LiveSettings settings, RefusalTrail trail, AppMetrics metrics, TimeProvider time, ILogger<Refusals> logger)
{
    /// <summary>The channel that is no webhook.</summary>
    public const string Api = "api";

    private readonly FixedWindows windows = new(time);

    /// <summary>What to answer instead of <paramref name="result"/>; mostly <paramref name="result"/> itself.</summary>
    public object? Judge(HttpContext context, string channel, object? result)
    {
        if (result is not IStatusCodeHttpResult { StatusCode: >= 400 and var status })
        {
            return result;
        }

        if (status >= 500)
        {
            metrics.Refusal(channel, status);
            return result;
        }

        var client = AddressList.ClientKey(context.Connection.RemoteIpAddress);
        var taken = windows.Take(client, RateLimit.Parse(settings[LiveSettings.DefaultRateLimit] ?? LimitOptions.UnverifiedDefault));
        var answered = taken.Allowed ? status : StatusCodes.Status429TooManyRequests;
        metrics.Refusal(channel, answered);
        trail.Refused(channel, client, answered);
        if (taken.Allowed)
        {
            logger.LogWarning("{Channel}: {Reason} ({Status}) from {Client}", Name(channel), Reason(channel, status), status, client);
            return result;
        }

        metrics.RateLimited("client");
        if (taken.IsFirstRefusal)
        {
            logger.LogWarning("Rate limit exceeded by {Client} at the {Channel}: more refused requests than {Limit}", client, Name(channel), settings[LiveSettings.DefaultRateLimit] ?? LimitOptions.UnverifiedDefault);
        }

        context.Response.Headers.RetryAfter = ((int)Math.Ceiling(taken.RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return Results.Problem("Rate limit exceeded: too many requests that were refused.", statusCode: StatusCodes.Status429TooManyRequests);
    }

    /// <summary>What a status means at a channel, in the words that operators search for.</summary>
    public static string Reason(string channel, int status) => status switch
    {
        StatusCodes.Status401Unauthorized when channel == Api => "no valid token",
        StatusCodes.Status403Forbidden when channel == Api => "role not sufficient",
        StatusCodes.Status401Unauthorized => "signature verification failed",
        StatusCodes.Status403Forbidden => "sender not allowed",
        StatusCodes.Status408RequestTimeout => "body too slow",
        StatusCodes.Status413PayloadTooLarge => "body too large",
        StatusCodes.Status415UnsupportedMediaType => "wrong content type",
        StatusCodes.Status429TooManyRequests => "Rate limit exceeded",
        _ => "body not understood",
    };

    private static string Name(string channel) => channel == Api ? "API" : $"{channel} webhook";
}

internal static class RefusalFilter
{
    /// <summary>Puts <see cref="Refusals"/> around an endpoint.</summary>
    public static TBuilder CountRefusals<TBuilder>(this TBuilder endpoint, string channel)
        where TBuilder : IEndpointConventionBuilder => endpoint.AddEndpointFilter(async (invocation, next) =>
            invocation.HttpContext.RequestServices.GetRequiredService<Refusals>().Judge(invocation.HttpContext, channel, await next(invocation)));
}
