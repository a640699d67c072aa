using DurableTask;
using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Approvals;

/// <summary>Stores the gate, then, in the same transaction, says what it asks: the row exists before its buttons do.</summary>
internal sealed class OpenGate(
    NpgsqlDataSource dataSource, GateStore gates, ProjectStore projects, DocumentStore documents, OutboxStore outbox, OutboxNudge nudge, IOptions<ApprovalOptions> options)
    : TaskActivity<GateRequest, GateView>
{
    public override async Task<GateView> RunAsync(TaskActivityContext context, GateRequest input)
    {
        var document = input.Document is { } judged ? await documents.FindAsync(judged.ProjectId, judged.Kind, judged.Version, context.CancellationToken) : null;
        var (address, view) = await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                var project = await projects.LockAsync(connection, input.ProjectId, token) ?? throw new PermanentFailureException($"Project {input.ProjectId} does not exist.");
                if (await gates.OpenAsync(connection, input, TimeSpan.FromHours(options.Value.ReminderHours), TimeSpan.FromHours(options.Value.DeadlineHours), token))
                {
                    foreach (var message in GateMessages.Announce(project, input, document))
                    {
                        await outbox.AppendAsync(connection, message, token);
                    }
                }

                // A project that was stopped meanwhile takes no gate: the answer is as if it had been closed.
                return (project.Address, await gates.FindAsync(connection, input.GateId, token) is { } gate ? GateView.Of(gate) : new GateView(GateStatus.Closed, null, default));
            },
            context.CancellationToken);
        nudge.For(address);
        return view;
    }
}

/// <summary>Reads the gate's row and does what its time asks for: the one reminder, or the expiry, which pauses the project.</summary>
internal sealed class LookAtGate(
    NpgsqlDataSource dataSource, GateStore gates, GateDecisions decisions, ProjectStore projects, ProjectProgress progress, OutboxStore outbox, OutboxNudge nudge, AuditLog audit)
    : TaskActivity<Guid, GateView>
{
    public override async Task<GateView> RunAsync(TaskActivityContext context, Guid input)
    {
        var (address, view) = await dataSource.InTransactionAsync((connection, token) => LookAsync(connection, input, token), context.CancellationToken);
        if (address is not null)
        {
            nudge.For(address);
        }

        return view;
    }

    private async Task<(string? Address, GateView View)> LookAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        if (await gates.FindAsync(connection, id, cancellationToken) is not { } gate)
        {
            return (null, new GateView(GateStatus.Closed, null, default));
        }

        // The project's row before the gate's, as everywhere: else an expiry and /stop could wait for each other.
        var project = (await projects.LockAsync(connection, gate.ProjectId, cancellationToken))!;
        if (await gates.ExpireAsync(connection, id, cancellationToken))
        {
            await ExpiredAsync(connection, project, id, cancellationToken);
        }
        else if (await gates.RemindedAsync(connection, id, cancellationToken))
        {
            await outbox.AppendAsync(connection, GateMessages.Again(project, gate, project.Address, $"gate:{gate.Id}:reminder"), cancellationToken);
        }

        return (project.Address, GateView.Of((await gates.FindAsync(connection, id, cancellationToken))!));
    }

    private async Task ExpiredAsync(NpgsqlConnection connection, Project project, Guid gateId, CancellationToken cancellationToken)
    {
        var gate = (await gates.FindAsync(connection, gateId, cancellationToken))!;
        await progress.PauseAsync(connection, project.Id, $"paused: nobody answered “{gate.Title}” in time", cancellationToken);
        await decisions.CloseMessagesAsync(connection, gate, cancellationToken);
        await outbox.AppendAsync(
            connection,
            new OutboxMessage(project.Address, $"gate:{gate.Id}:expired", $"Nobody answered **{gate.Title}** in time, so **{project.Name}** is paused. Say /continue and I ask again."),
            cancellationToken);
        await audit.AppendAsync(connection, new AuditEntry("approval_expired", AuditEntry.System, project.Id, new { gate = gate.Id, gate.Title }), cancellationToken);
    }
}

/// <summary>The orchestration has read the decision.</summary>
internal sealed class AcknowledgeGate(NpgsqlDataSource dataSource, GateStore gates) : TaskActivity<Guid, bool>
{
    public override async Task<bool> RunAsync(TaskActivityContext context, Guid input)
    {
        await using var connection = await dataSource.OpenConnectionAsync(context.CancellationToken);
        await gates.AcknowledgeAsync(connection, input, context.CancellationToken);
        return true;
    }
}
