using DurableTask;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Conversations;

/// <summary>
/// The mailbox of one chat: takes its rows one after another until none is left, then waits for a nudge, or for the time at which
/// the oldest row is tried again. It keeps no state, so it begins anew instead of growing a history.
/// </summary>
internal sealed class ConversationOrchestrator : TaskOrchestrator<string, object?>
{
    private const int TurnsPerGeneration = 20;

    public override async Task<object?> RunAsync(TaskOrchestrationContext context, string address)
    {
        for (var turn = 0; turn < TurnsPerGeneration; turn++)
        {
            var next = await context.CallActivityAsync<NextTurn>(nameof(HandleNextMessage), address, Retries.Forever);
            if (!next.Handled)
            {
                await NudgeOrTimeAsync(context, next.WaitFor);
            }
        }

        context.ContinueAsNew(address);
        return null;
    }

    private static async Task NudgeOrTimeAsync(TaskOrchestrationContext context, TimeSpan? waitFor)
    {
        if (waitFor is not { } delay)
        {
            await context.WaitForExternalEvent<object?>(Mailbox.NudgeEvent);
            return;
        }

        using var timer = new CancellationTokenSource();
        using var waiting = new CancellationTokenSource();
        var nudge = context.WaitForExternalEvent<object?>(Mailbox.NudgeEvent, waiting.Token);
        if (await Task.WhenAny(nudge, context.CreateTimer(delay, timer.Token)) == nudge)
        {
            timer.Cancel(); // not CancelAsync: its continuations run on other threads
        }
        else
        {
            waiting.Cancel(); // not CancelAsync: its continuations run on other threads
        }
    }
}

/// <summary>What the mailbox does next: takes the next row, or waits, for a nudge or for a time.</summary>
internal sealed record NextTurn(bool Handled, TimeSpan? WaitFor = null);
