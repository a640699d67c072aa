using Microsoft.Extensions.Options;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Database;

internal static class DatabaseModule
{
    public static IServiceCollection AddDatabase(this IServiceCollection services, IConfiguration configuration)
    {
        DapperConventions.Apply();
        services.AddSettings<DatabaseOptions>(configuration);
        return services
            .AddSingleton<Schema>()
            .AddSingleton<GrantStore>()
            .AddSingleton(provider => new DatabaseAccess(provider.GetRequiredService<IOptions<DatabaseOptions>>()))
            .AddSingleton(provider => provider.GetRequiredService<DatabaseAccess>().CreateDataSource(provider.GetRequiredService<ILoggerFactory>()));
    }
}
