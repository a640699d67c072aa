using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.GitHub.Webhook;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Functions;

/// <summary>Handles what GitHub delivered by the clock, where no loop may run.</summary>
internal sealed class GitHubSweep(DeliveryStore deliveries, EventQueue queues) : ISweep
{
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var queue in await deliveries.DueQueuesAsync(cancellationToken))
        {
            await queues.HandleDueAsync(queue, cancellationToken);
        }
    }
}
