using DurableTask;
using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Workflow;

/// <summary>The run has begun: the sweep need not start it again. Returns how often a document is reworked.</summary>
internal sealed class BeginRun(NpgsqlDataSource dataSource, ProjectProgress progress, IOptions<ApprovalOptions> options) : TaskActivity<ProjectStart, int>
{
    public override async Task<int> RunAsync(TaskActivityContext context, ProjectStart input)
    {
        await using var connection = await dataSource.OpenConnectionAsync(context.CancellationToken);
        await progress.StartedAsync(connection, input.ProjectId, input.Run, context.CancellationToken);
        await progress.LookAsync(connection, input.ProjectId, context.CancellationToken);
        return options.Value.ReworkLimit;
    }
}

/// <summary>Moves the project into a phase, unless somebody stopped it.</summary>
internal sealed class EnterPhase(NpgsqlDataSource dataSource, ProjectStore projects, ProjectProgress progress) : TaskActivity<Phase, ProjectView>
{
    public override async Task<ProjectView> RunAsync(TaskActivityContext context, Phase input)
    {
        await using var connection = await dataSource.OpenConnectionAsync(context.CancellationToken);
        await progress.EnterAsync(connection, input.Start.ProjectId, input.Status, input.Activity, context.CancellationToken);
        return ProjectView.Of((await projects.FindAsync(connection, input.Start.ProjectId, context.CancellationToken))!);
    }
}

/// <summary>Reads the project's row; what was signalled until now is seen.</summary>
internal sealed class LookAtProject(NpgsqlDataSource dataSource, ProjectStore projects, ProjectProgress progress) : TaskActivity<ProjectStart, ProjectView>
{
    public override async Task<ProjectView> RunAsync(TaskActivityContext context, ProjectStart input)
    {
        await using var connection = await dataSource.OpenConnectionAsync(context.CancellationToken);
        await progress.LookAsync(connection, input.ProjectId, context.CancellationToken);
        return ProjectView.Of((await projects.FindAsync(connection, input.ProjectId, context.CancellationToken))!);
    }
}

/// <summary>Asks for a repository, once in a run, when the project has none.</summary>
internal sealed class AskForRepository(NpgsqlDataSource dataSource, ProjectStore projects, ProjectProgress progress, OutboxStore outbox, OutboxNudge nudge) : TaskActivity<ProjectStart, ProjectView>
{
    public override async Task<ProjectView> RunAsync(TaskActivityContext context, ProjectStart input)
    {
        var view = await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                await progress.LookAsync(connection, input.ProjectId, token);
                var project = (await projects.LockAsync(connection, input.ProjectId, token))!;
                var seen = ProjectView.Of(project);
                if (project.Repository is null && seen.GoesOn)
                {
                    await progress.EnterAsync(connection, project.Id, ProjectStatus.Planning, "waiting for a repository: /repo owner/name", token);
                    await outbox.AppendAsync(
                        connection,
                        new OutboxMessage(
                            project.Address, $"project:{project.Id}:{input.Run}:ask-repository",
                            "Where shall I build it? Please name the GitHub repository with /repo owner/name. The coding agent must know it already."),
                        token);
                }

                return seen;
            },
            context.CancellationToken);
        nudge.For(view.Address);
        return view;
    }
}

/// <summary>Pauses the project and says how to go on.</summary>
internal sealed class PauseRun(NpgsqlDataSource dataSource, ProjectStore projects, ProjectProgress progress, OutboxStore outbox, OutboxNudge nudge, AuditLog audit) : TaskActivity<RunPause, ProjectView>
{
    public override async Task<ProjectView> RunAsync(TaskActivityContext context, RunPause input)
    {
        var view = await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                var id = input.Start.ProjectId;
                var key = $"project:{id}:{input.Start.Run}:paused:{input.Number}:";
                var project = (await projects.LockAsync(connection, id, token))!;
                // Once: a repeated run of this activity may come after somebody has said /continue.
                if (!await outbox.IsSaidAsync(connection, key, token) && await progress.PauseAsync(connection, id, $"paused: {input.Why}", token))
                {
                    await outbox.AppendAsync(
                        connection,
                        new OutboxMessage(
                            project.Address, key,
                            $"{input.Why}, so I stop here instead of going in circles. Let us talk it over; nothing is lost. /continue makes another version, /stop ends it."),
                        token);
                    await audit.AppendAsync(connection, new AuditEntry("project_paused", AuditEntry.System, id, new { why = input.Why }), token);
                }

                return ProjectView.Of((await projects.FindAsync(connection, id, token))!);
            },
            context.CancellationToken);
        nudge.For(view.Address);
        return view;
    }
}
