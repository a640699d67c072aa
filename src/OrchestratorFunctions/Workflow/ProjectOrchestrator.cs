using DurableTask;
using OrchestratorFunctions.Projects;
using OrchestratorFunctions.Scar;

namespace OrchestratorFunctions.Workflow;

/// <summary>One run of a project's workflow.</summary>
/// <param name="Run">Its number: an instance is <c>project:{id}:{run}</c>.</param>
internal sealed record ProjectStart(Guid ProjectId, int Run);

/// <summary>How a run ended: the project's status after it.</summary>
internal sealed record ProjectOutcome(ProjectStatus Status);

/// <summary>
/// From a vision to a validated project. A gate stands after the work that it judges; nothing behind a gate starts before exactly
/// that version was approved. Each step answers null when the run is over: the project was stopped, or goes back to talking.
/// </summary>
internal sealed class ProjectOrchestrator : TaskOrchestrator<ProjectStart, ProjectOutcome>
{
    public override async Task<ProjectOutcome> RunAsync(TaskOrchestrationContext context, ProjectStart start)
    {
        var project = new ProjectRun(context, start);
        await project.BeginAsync();

        var vision = await project.AgreeOnAsync(DocumentKind.Vision, project.DraftVisionAsync);
        if (vision is null || !await project.HasRepositoryAsync())
        {
            return await project.EndAsync();
        }

        if (await project.CommandAsync(ScarCommand.Prime, basis: null) is null)
        {
            return await project.EndAsync();
        }

        var plan = await project.AgreeOnAsync(DocumentKind.Plan, reason => project.PlanAsync(vision, reason));
        if (plan is null)
        {
            return await project.EndAsync();
        }

        var report = await project.AgreeOnAsync(DocumentKind.Report, reason => project.BuildAndCheckAsync(plan, reason));
        return report is null ? await project.EndAsync() : await project.CompleteAsync();
    }
}
