using DurableTask;

namespace OrchestratorFunctions.Scar;

/// <summary>Why a run ends from our side: a person stopped it, or a step did not work out.</summary>
/// <param name="Reason">Why a step did not work out; null when a person stopped the run.</param>
internal sealed record ScarEnd(Guid ExecutionId, string? Reason);

/// <summary>Ends a run from our side. What was sent is with the agent, which knows no stop; the reason says so.</summary>
internal sealed class EndScarCommand(ScarStore store, ScarEnding ending) : TaskActivity<ScarEnd, ScarCommandOutcome>
{
    public override async Task<ScarCommandOutcome> RunAsync(TaskActivityContext context, ScarEnd input)
    {
        if (await store.FindAsync(input.ExecutionId, context.CancellationToken) is not { } execution)
        {
            return Outcome(input);
        }

        var sent = execution.Status != ScarStatus.Prepared;
        var (outcome, reason) = (input.Reason, sent) switch
        {
            (null, false) => (ScarOutcome.Stopped, "stopped before anything was sent to the coding agent"),
            (null, true) => (ScarOutcome.Stopped, "stopped; the coding agent itself cannot be stopped and may finish what it has begun"),
            ({ } why, false) => (ScarOutcome.Failed, why),
            ({ } why, true) => (ScarOutcome.Unknown, $"{why}; the command had been sent, so it is not known whether it finished"),
        };
        return (await ending.EndAsync(execution, outcome, reason, context.CancellationToken)).Outcome!;
    }

    /// <summary>The outcome of a run that could not even be stored.</summary>
    public static ScarCommandOutcome Outcome(ScarEnd end) => new(
        end.ExecutionId, end.Reason is null ? ScarOutcome.Stopped : ScarOutcome.Failed, end.Reason ?? "stopped before anything was sent to the coding agent", null, null, null);
}
