using DurableTask;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Approvals;

/// <summary>
/// Asks, reminds, expires. It trusts neither the event that wakes it nor its timer: after each it reads the gate's row, where the
/// decision was taken.
/// </summary>
internal sealed class ApprovalGateOrchestrator : TaskOrchestrator<GateRequest, GateOutcome>
{
    public const string DecidedEvent = "decided";

    public override async Task<GateOutcome> RunAsync(TaskOrchestrationContext context, GateRequest request)
    {
        var gate = await context.CallActivityAsync<GateView>(nameof(OpenGate), request, Retries.Database);
        while (gate.Status == GateStatus.Pending)
        {
            await DecisionOrTimeAsync(context, gate.NextLookAt);
            gate = await context.CallActivityAsync<GateView>(nameof(LookAtGate), request.GateId, Retries.Database);
        }

        await context.CallActivityAsync(nameof(AcknowledgeGate), request.GateId, Retries.Database);
        return new GateOutcome(gate.Status, gate.Reason);
    }

    private static async Task DecisionOrTimeAsync(TaskOrchestrationContext context, DateTimeOffset lookAt)
    {
        using var timer = new CancellationTokenSource();
        using var waiting = new CancellationTokenSource();
        var decided = context.WaitForExternalEvent<object?>(DecidedEvent, waiting.Token);
        var time = context.CreateTimer(lookAt.UtcDateTime, timer.Token);
        if (await Task.WhenAny(decided, time) == decided)
        {
            timer.Cancel(); // not CancelAsync: its continuations run on other threads
        }
        else
        {
            waiting.Cancel(); // not CancelAsync: its continuations run on other threads
        }
    }
}

/// <summary>What the orchestration sees of a gate.</summary>
internal sealed record GateView(GateStatus Status, string? Reason, DateTimeOffset NextLookAt)
{
    public static GateView Of(Gate gate) => new(gate.Status, gate.Reason, gate.RemindedAt is null ? gate.RemindAt : gate.ExpiresAt);
}
