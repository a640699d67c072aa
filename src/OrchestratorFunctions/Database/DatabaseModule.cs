using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Database;

internal static class DatabaseModule
{
    public static IServiceCollection AddDatabase(this IServiceCollection services, IConfiguration configuration)
    {
        DapperConventions.Apply();
        services.AddSettings<DatabaseOptions>(configuration);
        services.AddSingleton<Schema>().AddSingleton<GrantStore>();
        return services.AddSingleton(provider =>
        {
            var builder = new NpgsqlDataSourceBuilder(DatabaseUrl.ToConnectionString(provider.GetRequiredService<IOptions<DatabaseOptions>>().Value.Url!));
            builder.UseLoggerFactory(provider.GetRequiredService<ILoggerFactory>());
            return builder.Build();
        });
    }
}
