using DurableTask;
using DurableTask.AzureFunctions;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrchestratorFunctions.Api;
using OrchestratorFunctions.Functions.Watchdog;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Operations.Checks;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Telegram;

namespace OrchestratorFunctions.Functions;

internal static class FunctionsModule
{
    /// <summary>
    /// The engine of the Functions host. Comes after all rooms: a plan may freeze a process between two invocations, so nothing of theirs runs in the background here;
    /// what it would have done is driven by the functions of <see cref="AppFunctions"/>.
    /// </summary>
    public static IServiceCollection AddFunctionsEngine(this IServiceCollection services, IConfiguration configuration, DurableTaskRegistry tasks)
    {
        foreach (var background in services.Where(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Assembly == typeof(App).Assembly).ToArray())
        {
            services.Remove(background);
        }

        services.AddSettings<StorageOptions>(configuration).Configure(options => options.ReadIdentity(configuration));
        return services
            .AddSingleton<IWakeupQueue, WakeupQueue>()
            .AddSingleton<WakeupDispatch>()
            .AddSingleton<OutboxFlush>()
            .AddSingleton<ISweep, TelegramSweep>()
            .AddSingleton<RewindStore>()
            .AddSingleton<RewindWatchdog>()
            .AddSingleton<ICheck, HubCheck>()
            .AddSingleton<AdminFunction>()
            .AddFunctionsTaskHub(tasks, AppFunctions.Triggers(), options =>
                options.AfterInvocation = (provider, cancellationToken) => provider.GetRequiredService<OutboxFlush>().RunAsync(cancellationToken));
    }

    /// <summary>Answers the host, in a process that the host started; elsewhere nobody may call these. On the other engine the operator's calls are a route like all others.</summary>
    public static void MapFunctions(this WebApplication app, FunctionsHosting hosting)
    {
        if (!hosting.IsEngine)
        {
            app.MapOperatorCalls();
        }
        else if (hosting.IsUnderHost)
        {
            app.MapInvocations();
        }
    }
}
