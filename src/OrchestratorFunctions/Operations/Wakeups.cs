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

/// <summary>Carries nudges to a process that reaches the task hub, where not every process does.</summary>
internal interface IWakeupQueue
{
    /// <summary>Whether this process reaches the hub by itself.</summary>
    bool HubIsKnown { get; }

    /// <summary>Stores a nudge; whoever takes it up calls <see cref="Wakeups.DispatchAsync"/>.</summary>
    Task PutAsync(QueuedWakeup wakeup, CancellationToken cancellationToken);
}

/// <summary>Sends nudges.</summary>
internal sealed class Wakeups(DurableTaskClient client, OutboxNudge outbox, ILogger<Wakeups> logger, IWakeupQueue? queue = null)
{
    /// <summary>Nudges after a commit. Never throws: what is lost here is found by a sweep.</summary>
    public async Task SendAsync(IEnumerable<Wakeup> wakeups, CancellationToken cancellationToken)
    {
        foreach (var wakeup in wakeups)
        {
            try
            {
                await (queue is null ? SendAsync(wakeup, cancellationToken) : SendOrQueueAsync(queue, wakeup, cancellationToken));
            }
            catch (Exception gone) when (IsGone(gone))
            {
                // Nobody is left to wake.
            }
            catch (Exception fault)
            {
                logger.LogWarning("The nudge for {InstanceId} was lost, a sweep repeats it: {Reason}", wakeup.InstanceId, fault.Message);
            }
        }
    }

    /// <summary>"There may be something to say at this address", said at the edge, where nobody may be there to send it when the answer is out. Never throws.</summary>
    public async Task SayAsync(string address, CancellationToken cancellationToken)
    {
        if (queue is null)
        {
            outbox.For(address);
            return;
        }

        try
        {
            await queue.PutAsync(new QueuedWakeup(Say: address), cancellationToken);
        }
        catch (Exception fault)
        {
            logger.LogWarning("The nudge for {Address} was lost, a sweep repeats it: {Reason}", address, fault.Message);
        }
    }

    /// <summary>Does what a queued nudge asks for. Throws when it could not, so that the queue gives it again.</summary>
    public async Task DispatchAsync(QueuedWakeup queued, CancellationToken cancellationToken)
    {
        if (queued.Say is { } address)
        {
            outbox.For(address);
        }

        if (queued.Wakeup is { } wakeup)
        {
            try
            {
                await SendAsync(wakeup, cancellationToken);
            }
            catch (Exception gone) when (IsGone(gone))
            {
                // Nobody is left to wake.
            }
        }
    }

    private async Task SendOrQueueAsync(IWakeupQueue other, Wakeup wakeup, CancellationToken cancellationToken)
    {
        if (other.HubIsKnown)
        {
            try
            {
                await SendAsync(wakeup, cancellationToken);
                return;
            }
            catch (Exception fault) when (!IsGone(fault))
            {
                logger.LogWarning("The hub did not take the nudge for {InstanceId}, the queue carries it: {Reason}", wakeup.InstanceId, fault.Message);
            }
        }

        await other.PutAsync(new QueuedWakeup(wakeup), cancellationToken);
    }

    // Finished, or deleted after that.
    private static bool IsGone(Exception fault) => fault is OrchestrationFinishedException or OrchestrationNotFoundException;

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
