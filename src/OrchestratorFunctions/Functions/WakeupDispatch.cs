using OrchestratorFunctions.GitHub.Events;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Functions;

/// <summary>Does what a nudge from the queue asks for. Throws when it could not, so that the queue gives it again.</summary>
internal sealed class WakeupDispatch(Wakeups wakeups, EventQueue deliveries)
{
    public Task RunAsync(QueuedWakeup queued, CancellationToken cancellationToken) =>
        queued.Hear is { } queue ? deliveries.HandleDueAsync(queue, cancellationToken) : wakeups.DispatchAsync(queued, cancellationToken);
}
