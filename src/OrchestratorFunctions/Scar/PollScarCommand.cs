using DurableTask;

namespace OrchestratorFunctions.Scar;

/// <summary>Looks once how far a run is and keeps what the agent said.</summary>
internal sealed class PollScarCommand(ScarStore store, ScarTransports transports) : TaskActivity<Guid, ScarStep>
{
    public override async Task<ScarStep> RunAsync(TaskActivityContext context, Guid input)
    {
        var execution = await store.GetAsync(input, context.CancellationToken);
        // The event that tells the orchestration of a stop may be lost; the project's row is not.
        return execution.Status is not ScarStatus.Running ? ScarStep.For(execution)
            : await store.IsStoppedAsync(execution, context.CancellationToken) ? ScarStep.Stopped
            : await transports.Of(execution).PollAsync(execution, context.CancellationToken);
    }
}
