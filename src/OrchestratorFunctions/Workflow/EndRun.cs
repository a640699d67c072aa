using DurableTask;
using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Workflow;

/// <summary>Ends a run: the project's status, the last message and the audit entry in one transaction.</summary>
internal sealed class EndRun(
    NpgsqlDataSource dataSource, ProjectStore projects, ProjectProgress progress, DocumentStore documents, OutboxStore outbox, OutboxNudge nudge, AuditLog audit) : TaskActivity<RunEnd, ProjectStatus>
{
    public override async Task<ProjectStatus> RunAsync(TaskActivityContext context, RunEnd input)
    {
        var id = input.Start.ProjectId;
        var report = input.Status == ProjectStatus.Completed ? await documents.LatestAsync(id, DocumentKind.Report, context.CancellationToken) : null;
        var project = await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                // Once: a repeated run of this activity may come after the next run has begun.
                var key = $"project:{id}:{input.Start.Run}:end";
                var before = (await projects.LockAsync(connection, id, token))!;
                if (await outbox.IsSaidAsync(connection, key, token))
                {
                    return before;
                }

                // Back to talking, or completed, is not legal once a person has said stop.
                var moved = await progress.EndAsync(connection, id, input.Status, token) || await progress.EndAsync(connection, id, ProjectStatus.Cancelled, token);
                var ended = (await projects.FindAsync(connection, id, token))!;
                await outbox.AppendAsync(connection, new OutboxMessage(ended.Address, key, TextOf(ended, report)), token);
                if (moved)
                {
                    await audit.AppendAsync(connection, new AuditEntry("workflow_ended", AuditEntry.System, id, new { run = input.Start.Run, status = ended.Status.Stored() }), token);
                }

                return ended;
            },
            context.CancellationToken);
        nudge.For(project.Address);
        return project.Status;
    }

    private static string TextOf(Project project, Document? report) => project.Status switch
    {
        ProjectStatus.Completed => $"**{project.Name}** is completed: approved, built and validated.{(report?.PullRequest is { } link ? $"\n\nPull request: {link}" : "")}",
        ProjectStatus.Cancelled => $"**{project.Name}** is cancelled. Nothing further happens in it; /new begins another project.",
        _ => $"We have changed the vision of **{project.Name}** a few times now. Let us talk it over first: what matters most to you? Nothing is lost, and I offer a new vision when we are clear.",
    };
}
