using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Inbox;

internal static class InboxModule
{
    public static IServiceCollection AddInbox(this IServiceCollection services) => services
        .AddSingleton<InboxStore>()
        .AddSingleton<InboxUpkeep>()
        .AddSingleton<Intake>()
        .AddSingleton<ISweep, InboxSweep>();
}
