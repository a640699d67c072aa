using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Projects;

namespace OrchestratorFunctions.Approvals;

/// <summary>Somebody who decides, and from where.</summary>
/// <param name="MayAct">False: the operator has not let this person in (any more).</param>
internal sealed record Decider(string Person, string Address, bool MayAct = true)
{
    /// <summary>The channel: what the audit trail keeps, since an address may be a person's.</summary>
    public string Channel => Address.Split(':', 2)[0];
}

/// <summary>What came of an attempt to decide.</summary>
/// <param name="Toast">What to tell the person.</param>
/// <param name="Done">Whether this attempt decided.</param>
internal sealed record DecisionResult(string Toast, bool Done, IReadOnlyList<Wakeup> Wakeups);

/// <summary>
/// Decides gates: one compare-and-set in the caller's transaction, with the audit entry and the update of every message that shows
/// the gate. The first decision wins; everybody after it is told who that was.
/// </summary>
internal sealed class GateDecisions(GateStore gates, OwedReasons reasons, ProjectStore projects, ProjectProgress progress, PeopleStore people, OutboxStore outbox, AuditLog audit)
{
    /// <summary>Decides gate <paramref name="id"/>; a rejection needs a reason.</summary>
    public async Task<DecisionResult> DecideAsync(NpgsqlConnection connection, Guid id, GateStatus decision, Decider decider, string? reason, CancellationToken cancellationToken)
    {
        if (await gates.FindAsync(connection, id, cancellationToken) is not { } seen)
        {
            return new DecisionResult("I do not know this button.", false, []);
        }

        // The project's row before the gate's, as everywhere: else a press, /stop and an expiry could wait for each other.
        await projects.LockAsync(connection, seen.ProjectId, cancellationToken);
        if (await RefuseAsync(connection, seen, decider, cancellationToken) is { } refused)
        {
            return refused;
        }

        if (!await gates.DecideAsync(connection, id, decision, decider.Person, decider.Address, reason, cancellationToken))
        {
            return await FollowWinnerAsync(connection, id, cancellationToken);
        }

        var gate = (await gates.FindAsync(connection, id, cancellationToken))!;
        var wakeups = new List<Wakeup> { Decided(id) };
        if (decision == GateStatus.Stopped && await progress.StopAsync(connection, gate.ProjectId, cancellationToken))
        {
            wakeups.Add(new Wakeup((await projects.FindAsync(connection, gate.ProjectId, cancellationToken))!.InstanceId, "changed"));
        }

        await CloseMessagesAsync(connection, gate, cancellationToken);
        await audit.AppendAsync(
            connection,
            new AuditEntry(ActionOf(decision), decider.Person, gate.ProjectId, new { gate = gate.Id, kind = gate.Kind, gate.Title, version = gate.DocumentVersion, sha256 = gate.DocumentSha256, via = decider.Channel }),
            cancellationToken);
        return new DecisionResult($"{gate.Title}: {gate.Status.InWords()}.", true, wakeups);
    }

    /// <summary>Why this person may not decide this gate now, or null when they may.</summary>
    public async Task<DecisionResult?> RefuseAsync(NpgsqlConnection connection, Gate gate, Decider decider, CancellationToken cancellationToken)
    {
        if (!decider.MayAct || !await projects.IsApproverAsync(connection, gate.ProjectId, decider.Person, cancellationToken))
        {
            var names = string.Join(", ", await projects.ApproverNamesAsync(connection, gate.ProjectId, cancellationToken));
            await audit.AppendAsync(
                connection, new AuditEntry("approval_denied", decider.Person, gate.ProjectId, new { gate = gate.Id, gate.Title, via = decider.Channel }, AuditEntry.Denied), cancellationToken);
            return new DecisionResult($"Only {names} can decide this.", false, []);
        }

        return gate.Status == GateStatus.Pending ? null : await FollowWinnerAsync(connection, gate.Id, cancellationToken);
    }

    /// <summary>Closes the project's open gate, if any, because the project is being stopped.</summary>
    public async Task<IReadOnlyList<Wakeup>> CloseAsync(NpgsqlConnection connection, Guid projectId, CancellationToken cancellationToken)
    {
        if (await gates.CloseAsync(connection, projectId, cancellationToken) is not { } gate)
        {
            return [];
        }

        await CloseMessagesAsync(connection, gate, cancellationToken);
        return [Decided(gate.Id)];
    }

    /// <summary>Puts the decision in place of the buttons, wherever the gate was shown.</summary>
    public async Task CloseMessagesAsync(NpgsqlConnection connection, Gate gate, CancellationToken cancellationToken)
    {
        await reasons.ForgetAsync(connection, gate.Id, cancellationToken);
        var project = (await projects.FindAsync(connection, gate.ProjectId, cancellationToken))!;
        var who = gate.DecidedBy is { } person ? await people.NameAsync(connection, person, cancellationToken) : null;
        foreach (var shown in await outbox.ShownForGateAsync(connection, gate.Id, cancellationToken))
        {
            await outbox.AppendAsync(
                connection, new OutboxMessage(shown.Address, $"{shown.DomainKey}:decided", GateMessages.Decided(project.Name, gate, who)) { EditsDomainKey = shown.DomainKey }, cancellationToken);
        }
    }

    /// <summary>The nudge for a gate's orchestration: read the row.</summary>
    public static Wakeup Decided(Guid gateId) => new(Gate.InstanceIdOf(gateId), "decided");

    private async Task<DecisionResult> FollowWinnerAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        var gate = (await gates.FindAsync(connection, id, cancellationToken))!;
        if (gate.Status == GateStatus.Pending)
        {
            return new DecisionResult("This cannot be decided now: the project has moved on. /status says where it is.", false, []);
        }

        if (gate.DocumentVersion is { } version && await gates.NewestVersionAsync(connection, gate, cancellationToken) is { } newest && newest > version)
        {
            return new DecisionResult($"Outdated: see version {newest} further down.", false, []);
        }

        var by = gate.DecidedBy is { } person ? $" by {await people.NameAsync(connection, person, cancellationToken)}" : "";
        return new DecisionResult($"Already {gate.Status.InWords()}{by} at {gate.DecidedAt:yyyy-MM-dd HH:mm} UTC.", false, []);
    }

    private static string ActionOf(GateStatus decision) => decision switch
    {
        GateStatus.Approved => "approval_granted",
        GateStatus.Rejected => "approval_rejected",
        GateStatus.Retried => "error_retried",
        GateStatus.Skipped => "error_skipped",
        _ => "project_stopped",
    };
}
