using Microsoft.Extensions.Options;

namespace OrchestratorFunctions.Operations.Telemetry;

internal static class TelemetryModule
{
    /// <summary>What the rooms record to.</summary>
    public static IServiceCollection AddAppMetrics(this IServiceCollection services) => services.AddMetrics().AddSingleton<AppMetrics>();

    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<TelemetryOptions>(configuration);
        return services
            .AddAppMetrics()
            .AddSingleton<GaugeStore>()
            .AddSingleton<DatabaseGauges>()
            .AddSingleton<MetricsPage>()
            // By a factory, which the Functions engine leaves in place when it takes away what would run in the background: there is measured as well.
            .AddSingleton<TelemetryExport>()
            .AddSingleton<IHostedService>(provider => provider.GetRequiredService<TelemetryExport>());
    }

    public static void MapMetrics(this IEndpointRouteBuilder endpoints) => endpoints.MapGet(
        "/metrics",
        async (HttpContext context, IOptions<TelemetryOptions> options, CancellationToken cancellationToken) =>
        {
            if (options.Value.MetricsEnabled)
            {
                await context.RequestServices.GetRequiredService<MetricsPage>().WriteAsync(context.Response, cancellationToken);
                return;
            }

            await Results.Problem("Metrics are off: set METRICS_ENABLED=true.", statusCode: StatusCodes.Status404NotFound).ExecuteAsync(context);
        });
}
