using DurableTask;

namespace OrchestratorFunctions.Visions;

internal static class VisionsModule
{
    public static IServiceCollection AddVisions(this IServiceCollection services) => services
        .AddSingleton<VisionStore>()
        .AddSingleton<VisionDrafting>()
        .AddSingleton<Completeness>();

    public static DurableTaskRegistry AddVisions(this DurableTaskRegistry registry)
    {
        registry.AddActivity<DraftVision>();
        return registry;
    }
}
