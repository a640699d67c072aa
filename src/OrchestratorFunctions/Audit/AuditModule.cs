using OrchestratorFunctions.Audit.Trail;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Audit;

internal static class AuditModule
{
    /// <summary>What the rooms write to.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services) => services.AddSingleton<AuditLog>();

    /// <summary>What operators read.</summary>
    public static IServiceCollection AddAuditTrail(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<AuditOptions>(configuration);
        return services
            .AddSingleton<AuditTrailStore>()
            .AddSingleton<AuditReading>()
            .AddSingleton<ISweep, AuditExport>();
    }
}
