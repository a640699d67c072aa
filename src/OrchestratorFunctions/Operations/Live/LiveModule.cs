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
        .AddSingleton<ISweep>(provider => provider.GetRequiredService<LiveSettings>())
        // By a factory, which the Functions engine leaves in place: it looks once, at the start.
        .AddSingleton<SettingsWatch>()
        .AddSingleton<IHostedService>(provider => provider.GetRequiredService<SettingsWatch>());
}
