using DurableTask;

namespace OrchestratorFunctions.Scar;

/// <summary>Looks once how far a run is and keeps what the agent said.</summary>
internal sealed class PollScarCommand(ScarStore store, ScarTransports transports) : TaskActivity<Guid, ScarStep>
{
    public override async Task<ScarStep> RunAsync(TaskActivityContext context, Guid input)
    {
        var execution = await store.GetAsync(input, context.CancellationToken);
        return execution.Status is ScarStatus.Running
            ? await transports.Of(execution).PollAsync(execution, context.CancellationToken)
            : ScarStep.For(execution);
    }
}
