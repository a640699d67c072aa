using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace DurableTask.AzureFunctions;

/// <summary>Joins an app to the Azure Functions host and its Durable Task extension.</summary>
public static class FunctionsModule
{
    /// <summary>Adds a <see cref="DurableTaskClient"/> that speaks with the extension's task hub, and what answers the host's invocations.</summary>
    /// <param name="services">The container.</param>
    /// <param name="tasks">The orchestrators and activities.</param>
    /// <param name="triggers">The timers, queues and hub-bound HTTP functions.</param>
    /// <param name="configure">Changes to the defaults.</param>
    public static IServiceCollection AddFunctionsTaskHub(this IServiceCollection services, DurableTaskRegistry tasks, FunctionTriggers triggers, Action<FunctionsOptions>? configure = null)
    {
        var options = new FunctionsOptions();
        configure?.Invoke(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(tasks);
        services.AddSingleton(triggers);
        services.AddSingleton(options);
        services.AddSingleton<HubAddress>();
        services.AddSingleton<HubConnection>();
        services.AddSingleton(provider => new FunctionsDurableTaskClient(provider.GetRequiredService<HubConnection>(), tasks, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<DurableTaskClient>(provider => provider.GetRequiredService<FunctionsDurableTaskClient>());
        services.AddSingleton(provider => new HubReach(provider.GetRequiredService<HubConnection>()));
        services.AddSingleton(provider => new FailureCauses(provider.GetRequiredService<FunctionsDurableTaskClient>()));
        services.AddSingleton(provider => new Recovery(provider.GetRequiredService<FunctionsDurableTaskClient>()));
        services.AddSingleton<OrchestratorBridge>();
        services.AddSingleton<InvocationEndpoint>();
        services.AddSingleton<Invocations>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<Invocations>());
        return services;
    }

    /// <summary>Answers the host's invocations. Only for a process that the host started: they carry no authentication.</summary>
    /// <param name="endpoints">The app's endpoints.</param>
    public static void MapInvocations(this IEndpointRouteBuilder endpoints) => InvocationEndpoint.Map(endpoints, endpoints.ServiceProvider.GetRequiredService<InvocationEndpoint>());
}
