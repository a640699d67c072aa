using OrchestratorFunctions.Operations.Limits;
using OrchestratorFunctions.Operations.Logs;

namespace OrchestratorFunctions.Operations.Live;

internal static class LiveModule
{
    /// <summary>The settings that change live, and the limits on people, which read them.</summary>
    public static IServiceCollection AddLiveSettings(this IServiceCollection services) => services
        .AddSingleton<LiveSettingStore>()
        .AddSingleton<LiveSettings>()
        .AddSingleton<PersonLimit>()
        .AddSingleton<ISweep>(provider => provider.GetRequiredService<LiveSettings>());
}
