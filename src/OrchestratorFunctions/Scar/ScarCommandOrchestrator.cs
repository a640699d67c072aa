using DurableTask;
using OrchestratorFunctions.Scar.Wire;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Scar;

/// <summary>
/// One command of the coding agent from selection to outcome. Each step is an activity that finds its place in the stored run, so any of them
/// may be repeated, and a new generation simply asks where the run is. It never fails by decision: the outcome says what went wrong.
/// </summary>
internal sealed class ScarCommandOrchestrator : TaskOrchestrator<ScarCommandRequest, ScarCommandOutcome>
{
    private const int StepsPerGeneration = 100;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    public override async Task<ScarCommandOutcome> RunAsync(TaskOrchestrationContext context, ScarCommandRequest input)
    {
        var stop = context.WaitForExternalEvent<object?>(ScarCommands.StopEvent);
        try
        {
            var step = await context.CallActivityAsync<ScarStep>(nameof(PrepareScarCommand), input, Retries.Database);
            var pause = step.Stage == ScarStage.Poll ? LongestPause : FirstPause; // a later generation goes on where the first one got to
            for (var steps = 0; step.Outcome is null; steps++)
            {
                if (step.Wait)
                {
                    pause = step.News ? FirstPause : pause; // what is at work may end soon
                    await PauseAsync(context, pause, stop);
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }

                if (stop.IsCompleted || step.Stop)
                {
                    return await EndAsync(context, new ScarEnd(input.ExecutionId, Reason: null));
                }

                if (steps == StepsPerGeneration)
                {
                    context.ContinueAsNew(input);
                    return null!; // the next generation answers
                }

                step = await context.CallActivityAsync<ScarStep>(ActivityOf(step.Stage), input.ExecutionId, Retries.Vendor);
            }

            return step.Outcome;
        }
        catch (TaskFailedException fault)
        {
            return await EndAsync(context, new ScarEnd(input.ExecutionId, InWords(fault.FailureDetails)));
        }
    }

    private static string ActivityOf(ScarStage stage) => stage switch
    {
        ScarStage.Select => nameof(SelectRepository),
        ScarStage.Send => nameof(SendScarCommand),
        _ => nameof(PollScarCommand),
    };

    private static async Task PauseAsync(TaskOrchestrationContext context, TimeSpan pause, Task stop)
    {
        using var cancellation = new CancellationTokenSource();
        await Task.WhenAny(context.CreateTimer(pause, cancellation.Token), stop);
        cancellation.Cancel(); // not CancelAsync: its callbacks would run beside the orchestrator
    }

    private static async Task<ScarCommandOutcome> EndAsync(TaskOrchestrationContext context, ScarEnd end)
    {
        try
        {
            return await context.CallActivityAsync<ScarCommandOutcome>(nameof(EndScarCommand), end, Retries.Database);
        }
        catch (TaskFailedException)
        {
            return EndScarCommand.Outcome(end) with { Outcome = ScarOutcome.Unknown };
        }
    }

    private static string InWords(TaskFailureDetails failure) =>
        failure.IsCausedBy<ScarException>() ? $"the coding agent does not answer ({failure.ErrorMessage})"
        : failure.IsNonRetriable ? failure.ErrorMessage
        : "a step failed inside the orchestrator";
}
