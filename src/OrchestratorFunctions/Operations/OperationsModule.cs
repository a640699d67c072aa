using OrchestratorFunctions.Operations.Checks;
using OrchestratorFunctions.Operations.Live;

namespace OrchestratorFunctions.Operations;

internal static class OperationsModule
{
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
        endpoints.MapGet("/health", Health.Alive);
        endpoints.MapGet("/health/live", Health.Alive);
        endpoints.MapGet("/health/db", (Health health, CancellationToken cancellationToken) => health.DatabaseAsync(cancellationToken));
        endpoints.MapGet("/health/ai", (Health health, CancellationToken cancellationToken) => health.ModelAsync(cancellationToken));
        endpoints.MapGet("/health/details", (HealthChecks checks, CancellationToken cancellationToken) => checks.DetailsAsync(cancellationToken));
        endpoints.MapGet("/health/ready", (Health health, CancellationToken cancellationToken) => health.ReadyAsync(cancellationToken));
    }
}
