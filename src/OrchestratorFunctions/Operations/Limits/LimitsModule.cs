using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using OrchestratorFunctions.Operations.Live;
using OrchestratorFunctions.Operations.Telemetry;

namespace OrchestratorFunctions.Operations.Limits;

internal static class LimitsModule
{
    private const string TrustedProxies = "TRUSTED_PROXIES";

    public static IServiceCollection AddLimits(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<LimitOptions>(configuration);
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<LimitOptions>>((forwarded, limits) =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor;
            // As many as are trusted, from the nearest on; the first that is not is the client.
            forwarded.ForwardLimit = null;
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var network in AddressList.Parse(limits.Value.TrustedProxies))
            {
                forwarded.KnownIPNetworks.Add(network);
            }
        });
        return services.AddSingleton<Refusals>().AddSingleton<RefusalTrail>().AddSingleton<ISweep>(provider => provider.GetRequiredService<RefusalTrail>());
    }

    /// <summary>Who the client is, and nothing for whom the operator has blocked. Probes stay answered: a blocked monitor would look like an outage.</summary>
    public static void UseLimits(this IApplicationBuilder app)
    {
        // With an empty list the framework's middleware would believe everybody.
        if (app.ApplicationServices.GetRequiredService<IConfiguration>()[TrustedProxies] is { } trusted && AddressList.Problem(trusted) is null && AddressList.Parse(trusted).Count > 0)
        {
            app.UseForwardedHeaders();
        }

        app.Use(async (context, next) =>
        {
            var settings = context.RequestServices.GetRequiredService<LiveSettings>();
            if (settings[LiveSettings.BlockedIps] is { } blocked && context.Connection.RemoteIpAddress is { } address && AddressList.Has(AddressList.Parse(blocked), address)
                && !context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal))
            {
                context.RequestServices.GetRequiredService<AppMetrics>().RateLimited("blocked");
                await Results.Problem("This address is blocked.", statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(context);
                return;
            }

            await next(context);
        });
    }
}
