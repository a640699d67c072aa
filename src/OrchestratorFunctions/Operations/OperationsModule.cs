using OrchestratorFunctions.Operations.Checks;
using OrchestratorFunctions.Operations.Live;

namespace OrchestratorFunctions.Operations;

internal static class OperationsModule
{
    // Monitors ask by HEAD as well; the server leaves the body out.
    private static readonly string[] Probe = [HttpMethods.Get, HttpMethods.Head];

    public static IServiceCollection AddOperations(this IServiceCollection services) => services
        .AddSingleton<Wakeups>()
        .AddSingleton<Health>()
        .AddSingleton<Sweeps>()
        .AddLiveSettings()
        .AddSingleton<ISweep, SettingsWatch>()
        .AddSingleton<ICheck, DatabaseCheck>()
        .AddSingleton<ICheck, ModelCheck>()
        .AddSingleton<ICheck, QueueCheck>()
        .AddSingleton<HealthChecks>()
        .AddHostedService<Sweeper>();

    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods("/health", Probe, Health.Alive);
        endpoints.MapMethods("/health/live", Probe, Health.Alive);
        endpoints.MapGet("/health/db", (Health health, CancellationToken cancellationToken) => health.DatabaseAsync(cancellationToken));
        endpoints.MapGet("/health/ai", (Health health, CancellationToken cancellationToken) => health.ModelAsync(cancellationToken));
        endpoints.MapGet("/health/details", (HealthChecks checks, CancellationToken cancellationToken) => checks.DetailsAsync(cancellationToken));
        endpoints.MapMethods("/health/ready", Probe, (Health health, CancellationToken cancellationToken) => health.ReadyAsync(cancellationToken));
    }
}
