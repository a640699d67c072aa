using DurableTask;
using Microsoft.Extensions.Options;

namespace OrchestratorFunctions.Scar;

/// <summary>Stores the run, once, with its own conversation, nonce, fence and brief; or finds how far the stored one is.</summary>
internal sealed class PrepareScarCommand(ScarStore store, ScarEnding ending, IOptions<ScarOptions> options) : TaskActivity<ScarCommandRequest, ScarStep>
{
    public override async Task<ScarStep> RunAsync(TaskActivityContext context, ScarCommandRequest input)
    {
        await store.AddAsync(input, options.Value.Transport, context.CancellationToken);
        var execution = await store.GetAsync(input.ExecutionId, context.CancellationToken);
        return execution.Status == ScarStatus.Prepared && options.Value.WhatIsMissing is { } hint
            ? await ending.EndAsync(execution, ScarOutcome.Failed, hint, context.CancellationToken)
            : ScarStep.For(execution);
    }
}
