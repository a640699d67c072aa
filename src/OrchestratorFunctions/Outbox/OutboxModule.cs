using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Outbox;

internal static class OutboxModule
{
    public static IServiceCollection AddOutbox(this IServiceCollection services) => services
        .AddSingleton<ButtonStore>()
        .AddSingleton<OutboxStore>()
        .AddSingleton<OutboxSender>()
        .AddSingleton<OutboxNudge>()
        .AddSingleton<ISweep, OutboxSweep>()
        .AddHostedService<OutboxPump>();
}
