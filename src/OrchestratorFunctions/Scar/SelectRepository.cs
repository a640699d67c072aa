using DurableTask;

namespace OrchestratorFunctions.Scar;

/// <summary>Selects the run's repository and proves it; without proof the run fails and no command goes out.</summary>
internal sealed class SelectRepository(ScarStore store, ScarTransports transports) : TaskActivity<Guid, ScarStep>
{
    public override async Task<ScarStep> RunAsync(TaskActivityContext context, Guid input)
    {
        var execution = await store.GetAsync(input, context.CancellationToken);
        return execution.Status is ScarStatus.Prepared
            ? await transports.Of(execution).SelectAsync(execution, context.CancellationToken)
            : ScarStep.For(execution);
    }
}
