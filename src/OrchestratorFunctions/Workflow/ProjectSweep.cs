using Npgsql;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Workflow;

/// <summary>Starts runs that were asked for and not started, and nudges runs whose project has a signal that they have not seen.</summary>
internal sealed class ProjectSweep(NpgsqlDataSource dataSource, ProjectProgress progress, Wakeups wakeups) : ISweep
{
    /// <summary>The nudge that starts a run; a second one does nothing.</summary>
    public static Wakeup Start(Guid projectId, int run) => new($"project:{projectId}:{run}", Start: nameof(ProjectOrchestrator), Input: new ProjectStart(projectId, run));

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<(Guid Id, int Run)> unstarted, unseen;
        await using (var connection = await dataSource.OpenConnectionAsync(cancellationToken))
        {
            unstarted = await progress.UnstartedAsync(connection, cancellationToken);
            unseen = await progress.UnseenAsync(connection, cancellationToken);
        }

        await wakeups.SendAsync(unstarted.Select(project => Start(project.Id, project.Run)), cancellationToken);
        await wakeups.SendAsync(unseen.Select(project => new Wakeup($"project:{project.Id}:{project.Run}", ProjectRun.ChangedEvent)), cancellationToken);
    }
}
