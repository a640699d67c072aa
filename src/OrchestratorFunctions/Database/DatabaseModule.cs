using Microsoft.Extensions.Options;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Database;

internal static class DatabaseModule
{
    public static IServiceCollection AddDatabase(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<DatabaseOptions>(configuration);
        return services
            .AddSingleton<Schema>()
            .AddSingleton<GrantStore>()
            .AddSingleton(provider => new DatabaseAccess(provider.GetRequiredService<IOptions<DatabaseOptions>>()))
            .AddSingleton(provider =>
            {
                // Before the first statement, and not before the app listens: it loads half of what .NET has for data.
                DapperConventions.Apply();
                return provider.GetRequiredService<DatabaseAccess>().CreateDataSource(provider.GetRequiredService<ILoggerFactory>());
            });
    }
}
