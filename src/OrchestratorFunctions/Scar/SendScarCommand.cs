using DurableTask;

namespace OrchestratorFunctions.Scar;

/// <summary>Sends the command, once.</summary>
internal sealed class SendScarCommand(ScarStore store, ScarTransports transports) : TaskActivity<Guid, ScarStep>
{
    public override async Task<ScarStep> RunAsync(TaskActivityContext context, Guid input)
    {
        var execution = await store.GetAsync(input, context.CancellationToken);
        return execution.Status is ScarStatus.Prepared or ScarStatus.Sending
            ? await transports.Of(execution).SendAsync(execution, context.CancellationToken)
            : ScarStep.For(execution);
    }
}
