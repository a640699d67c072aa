using DurableTask;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Workflow;

internal static class WorkflowModule
{
    public static IServiceCollection AddWorkflow(this IServiceCollection services) => services
        .AddSingleton<ISweep, ProjectSweep>()
        .AddSingleton<ISweep, FinishedRunSweep>();

    public static DurableTaskRegistry AddWorkflow(this DurableTaskRegistry registry)
    {
        registry.AddOrchestrator<ProjectOrchestrator>();
        registry.AddActivity<BeginRun>();
        registry.AddActivity<EnterPhase>();
        registry.AddActivity<LookAtProject>();
        registry.AddActivity<AskForRepository>();
        registry.AddActivity<PauseRun>();
        registry.AddActivity<KeepDocument>();
        registry.AddActivity<EndRun>();
        return registry;
    }
}
