using DurableTask;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar;
using OrchestratorFunctions.Visions;

namespace OrchestratorFunctions.Workflow;

/// <summary>The steps of a run, deterministic like the orchestrator that they belong to. Null or false: the run is over.</summary>
internal sealed class ProjectRun(TaskOrchestrationContext context, ProjectStart start)
{
    /// <summary>Tells a run to look at its project's row.</summary>
    public const string ChangedEvent = "changed";

    private Task<object?> changed = context.WaitForExternalEvent<object?>(ChangedEvent);
    private int drafts;
    private int pauses;
    private bool backToTalking;
    private int reworkLimit;

    public async Task BeginAsync() => reworkLimit = await Do<int>(nameof(BeginRun), start);

    /// <summary>Produces a document, asks about it, and reworks it with the person's reason until it is approved.</summary>
    public async Task<DocumentRef?> AgreeOnAsync(DocumentKind kind, Func<string?, Task<DocumentRef?>> produce)
    {
        string? reason = null;
        for (var reworks = 0; ; reworks++)
        {
            if (reworks > reworkLimit)
            {
                if (kind == DocumentKind.Vision)
                {
                    backToTalking = true;
                    return null;
                }

                if (!await PausedAsync($"{kind} was changed {reworkLimit} times"))
                {
                    return null;
                }

                reworks = 0;
            }

            if (await produce(reason) is not { } document)
            {
                return null;
            }

            var decision = await AskAsync(id => new GateRequest(id, start.ProjectId, kind.Gate(), document, $"{kind}, version {document.Version}"));
            if (decision is null || decision.Status == GateStatus.Approved)
            {
                return decision is null ? null : document;
            }

            reason = decision.Reason;
        }
    }

    public async Task<DocumentRef?> DraftVisionAsync(string? reason)
    {
        var phase = new Phase(start, ProjectStatus.VisionReview, reason is null ? "writing the vision" : "reworking the vision", Command: null);
        var request = new DraftVisionRequest(start.ProjectId, start.Run, ++drafts, reason);
        while ((await Do<ProjectView>(nameof(EnterPhase), phase)).GoesOn)
        {
            try
            {
                return await Watching(context.CallActivityAsync<DocumentRef>(nameof(DraftVision), request, Retries.Model));
            }
            catch (TaskFailedException fault)
            {
                var why = fault.FailureDetails.IsNonRetriable ? fault.FailureDetails.ErrorMessage : "The language model did not answer for half a day.";
                if ((await AskAsync(id => new GateRequest(id, start.ProjectId, GateKind.ErrorResolution, null, "Writing the vision failed", why)))?.Status != GateStatus.Retried)
                {
                    return null;
                }
            }
        }

        return null;
    }

    public async Task<DocumentRef?> PlanAsync(DocumentRef vision, string? reason) =>
        await CommandAsync(ScarCommand.Plan, vision, reason) is { } plan ? await KeepAsync(DocumentKind.Plan, plan) : null;

    /// <summary>Builds what the plan says, then checks it; the report is what a person judges.</summary>
    public async Task<DocumentRef?> BuildAndCheckAsync(DocumentRef plan, string? reason)
    {
        if (await CommandAsync(ScarCommand.Execute, plan, reason) is not { } built || await CommandAsync(ScarCommand.Validate, plan) is not { } check)
        {
            return null;
        }

        return await KeepAsync(
            DocumentKind.Report, check with { Branch = check.Branch ?? built.Branch, CommitId = check.CommitId ?? built.CommitId, PullRequest = check.PullRequest ?? built.PullRequest });
    }

    /// <summary>Waits until somebody has chosen a repository.</summary>
    public async Task<bool> HasRepositoryAsync()
    {
        while (true)
        {
            var view = await Do<ProjectView>(nameof(AskForRepository), start);
            if (view.Repository is not null || !view.GoesOn)
            {
                return view.GoesOn;
            }

            await NextChangeAsync();
        }
    }

    /// <summary>
    /// Runs one command of the coding agent until it has succeeded, or a person says to skip it. What cannot be proven is shown at
    /// the gate that follows; where none follows at once, it is asked about here.
    /// </summary>
    public async Task<ScarCommandOutcome?> CommandAsync(ScarCommand command, DocumentRef? basis, string? reason = null)
    {
        while (true)
        {
            var view = await Do<ProjectView>(nameof(EnterPhase), Phase.Of(start, command));
            if (!view.GoesOn)
            {
                return null;
            }

            var outcome = await RunAsync(command, view, basis, reason);
            var judgedNext = command is ScarCommand.Plan or ScarCommand.Validate;
            if (outcome.Outcome == ScarOutcome.Succeeded || (outcome.Outcome == ScarOutcome.Unproven && judgedNext))
            {
                return outcome;
            }

            if (outcome.Outcome == ScarOutcome.Stopped)
            {
                return null;
            }

            var decision = await AskAsync(id => new GateRequest(
                id, start.ProjectId, GateKind.ErrorResolution, null, Phase.TitleOf(command, outcome.Outcome), Phase.Explain(outcome), MaySkip: command != ScarCommand.Plan));
            if (decision?.Status == GateStatus.Skipped)
            {
                return outcome;
            }

            if (decision?.Status != GateStatus.Retried)
            {
                return null;
            }
        }
    }

    public async Task<ProjectOutcome> CompleteAsync() => new(await Do<ProjectStatus>(nameof(EndRun), new RunEnd(start, ProjectStatus.Completed)));

    /// <summary>Ends a run that did not complete: cancelled by a person, or back to talking.</summary>
    public async Task<ProjectOutcome> EndAsync() =>
        new(await Do<ProjectStatus>(nameof(EndRun), new RunEnd(start, backToTalking ? ProjectStatus.Brainstorming : ProjectStatus.Cancelled)));

    // Null: the project was stopped. An expired gate has paused the project; when it goes on, a new gate asks again.
    private async Task<GateOutcome?> AskAsync(Func<Guid, GateRequest> ask)
    {
        while (true)
        {
            var request = ask(context.NewGuid());
            var options = new SubOrchestrationOptions(instanceId: Gate.InstanceIdOf(request.GateId));
            // A stop closes the gate's row, so the gate ends by itself.
            var outcome = await Watching(context.CallSubOrchestratorAsync<GateOutcome>(nameof(ApprovalGateOrchestrator), request, options));
            if (outcome.Status is GateStatus.Closed or GateStatus.Stopped)
            {
                return null;
            }

            if (outcome.Status != GateStatus.Expired)
            {
                return outcome;
            }

            if (!await ResumedAsync())
            {
                return null;
            }
        }
    }

    private async Task<ScarCommandOutcome> RunAsync(ScarCommand command, ProjectView view, DocumentRef? basis, string? reason)
    {
        var executionId = context.NewGuid();
        var instanceId = ScarCommands.InstanceId(executionId);
        var request = new ScarCommandRequest(executionId, start.ProjectId, view.Repository!, command, basis, view.Address, Phase.NameOf(command), reason);
        var running = context.CallSubOrchestratorAsync<ScarCommandOutcome>(nameof(ScarCommandOrchestrator), request, new SubOrchestrationOptions(instanceId: instanceId));
        return await Watching(running, onStop: () => context.SendEvent(instanceId, ScarCommands.StopEvent, payload: null));
    }

    private Task<DocumentRef> KeepAsync(DocumentKind kind, ScarCommandOutcome outcome) =>
        Do<DocumentRef>(nameof(KeepDocument), new DocumentToKeep(start, kind, outcome));

    private async Task<bool> PausedAsync(string why)
    {
        await Do<ProjectView>(nameof(PauseRun), new RunPause(start, why, ++pauses));
        return await ResumedAsync();
    }

    private async Task<bool> ResumedAsync()
    {
        while (true)
        {
            var view = await Do<ProjectView>(nameof(LookAtProject), start);
            if (!view.IsPaused)
            {
                return view.GoesOn;
            }

            await NextChangeAsync();
        }
    }

    // Whatever the run waits for, it looks at its project when it is told to, so that no signal stays unseen.
    private async Task<TResult> Watching<TResult>(Task<TResult> work, Action? onStop = null)
    {
        while (await Task.WhenAny(work, changed) != work)
        {
            await NextChangeAsync();
            if (!(await Do<ProjectView>(nameof(LookAtProject), start)).GoesOn)
            {
                onStop?.Invoke();
                onStop = null;
            }
        }

        return await work;
    }

    private async Task NextChangeAsync()
    {
        await changed;
        changed = context.WaitForExternalEvent<object?>(ChangedEvent);
    }

    private Task<TResult> Do<TResult>(string activity, object input) => context.CallActivityAsync<TResult>(activity, input, Retries.Database);
}
