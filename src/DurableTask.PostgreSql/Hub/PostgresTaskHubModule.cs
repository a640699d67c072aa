using DurableTask.PostgreSql.Hub;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace DurableTask.PostgreSql;

/// <summary>Adds the embedded task hub to a container.</summary>
public static class PostgresTaskHubModule
{
    /// <summary>Adds a <see cref="DurableTaskClient"/> and, unless switched off, the hosted <see cref="TaskHubWorker"/>. Uses the container's <see cref="NpgsqlDataSource"/>,
    /// <see cref="TimeProvider"/> and loggers; the schema must be up to date (<see cref="SchemaMigrator"/>).</summary>
    /// <param name="services">The container.</param>
    /// <param name="registry">What this process can run.</param>
    /// <param name="configure">Changes to the defaults.</param>
    /// <exception cref="InvalidOperationException">An option is out of its range.</exception>
    public static IServiceCollection AddPostgresTaskHub(this IServiceCollection services, DurableTaskRegistry registry, Action<PostgresTaskHubOptions>? configure = null)
    {
        var options = new PostgresTaskHubOptions();
        configure?.Invoke(options);
        options.Valid();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(registry);
        services.AddSingleton(options);
        services.AddSingleton<Wakeups>();
        services.AddSingleton(provider => new PostgresDurableTaskClient(
            provider.GetRequiredService<NpgsqlDataSource>(), registry, provider, provider.GetRequiredService<Wakeups>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<DurableTaskClient>(provider => provider.GetRequiredService<PostgresDurableTaskClient>());
        if (options.RunWorker)
        {
            services.AddSingleton(provider => new TaskHubWorker(
                provider.GetRequiredService<NpgsqlDataSource>(), registry, provider, provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
                provider.GetRequiredService<Wakeups>(), options, provider.GetRequiredService<TimeProvider>()));
            services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<TaskHubWorker>());
        }

        return services;
    }
}
