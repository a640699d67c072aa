using DurableTask;
using OrchestratorFunctions.Outbox;

namespace OrchestratorFunctions.Operations;

/// <summary>
/// A nudge without payload for one orchestration, sent after the commit of what it is about. It may be lost, doubled or late:
/// the orchestration reads the rows, and a sweep finds what a lost nudge left behind.
/// </summary>
/// <param name="InstanceId">Whom to nudge.</param>
/// <param name="Event">The event's name, or null when starting is all.</param>
/// <param name="Start">The orchestrator to start under that id when none is there.</param>
/// <param name="Input">Its input.</param>
internal sealed record Wakeup(string InstanceId, string? Event = null, string? Start = null, object? Input = null);

/// <summary>Sends nudges.</summary>
internal sealed class Wakeups(DurableTaskClient client, OutboxNudge outbox, ILogger<Wakeups> logger)
{
    /// <summary>Nudges after a commit. Never throws: what is lost here is found by a sweep.</summary>
    public async Task SendAsync(IEnumerable<Wakeup> wakeups, CancellationToken cancellationToken)
    {
        foreach (var wakeup in wakeups)
        {
            try
            {
                await SendAsync(wakeup, cancellationToken);
            }
            catch (OrchestrationFinishedException)
            {
                // Nobody is left to wake.
            }
            catch (Exception fault)
            {
                logger.LogWarning("The nudge for {InstanceId} was lost, a sweep repeats it: {Reason}", wakeup.InstanceId, fault.Message);
            }
        }
    }

    /// <summary>"There may be something to say at this address."</summary>
    public void Say(string address) => outbox.For(address);

    private async Task SendAsync(Wakeup wakeup, CancellationToken cancellationToken)
    {
        if (wakeup.Start is not null)
        {
            await client.ScheduleNewOrchestrationInstanceAsync(wakeup.Start, wakeup.Input, new StartOrchestrationOptions(wakeup.InstanceId), cancellationToken);
        }

        if (wakeup.Event is not null)
        {
            await client.RaiseEventAsync(wakeup.InstanceId, wakeup.Event, cancellation: cancellationToken);
        }
    }
}
