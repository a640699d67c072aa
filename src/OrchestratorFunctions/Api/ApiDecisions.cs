using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.Approvals;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Telegram;

namespace OrchestratorFunctions.Api;

/// <summary>What a caller decides. <paramref name="Reason"/> is required for change: what should be different.</summary>
internal sealed record DecisionRequest(string? Decision, string? Reason);

/// <summary><c>POST /api/gates/{id}/decision</c>: by the same statement as a button, as the person that the token is for.</summary>
internal sealed class ApiDecisions(NpgsqlDataSource dataSource, GateStore gates, GateDecisions decisions, Wakeups wakeups, IOptions<TelegramOptions> telegram)
{
    private const int LongestReason = 4000;

    public async Task<IResult> DecideAsync(Guid id, DecisionRequest? request, ApiCaller caller, CancellationToken cancellationToken)
    {
        GateStatus? decision = request?.Decision?.ToUpperInvariant() switch
        {
            "APPROVE" => GateStatus.Approved,
            "CHANGE" => GateStatus.Rejected,
            "RETRY" => GateStatus.Retried,
            "SKIP" => GateStatus.Skipped,
            "STOP" => GateStatus.Stopped,
            _ => null,
        };
        if (decision is not { } wanted)
        {
            return Problem(StatusCodes.Status422UnprocessableEntity, "\"decision\" is none of approve, change, retry, skip, stop.");
        }

        // A NUL is legal in JSON and not in PostgreSQL's text.
        var reason = request!.Reason?.Replace("\0", "", StringComparison.Ordinal).Trim();
        if (wanted == GateStatus.Rejected ? reason is not { Length: > 0 and <= LongestReason } : reason is { Length: > LongestReason })
        {
            return Problem(StatusCodes.Status422UnprocessableEntity, $"\"reason\" says what should be different, in at most {LongestReason} characters.");
        }

        if (caller.Person is not { } person)
        {
            return Problem(StatusCodes.Status403Forbidden, "This token is for no person, and gates are decided by people: make one with 'tokens create NAME --role approver --person telegram:123456'.");
        }

        var result = await dataSource.InTransactionAsync(
            async (connection, token) => await gates.FindAsync(connection, id, token) is null
                ? null
                : await decisions.DecideAsync(connection, id, wanted, new Decider(person, "api", telegram.Value.Allows(person)), wanted == GateStatus.Rejected ? reason : null, token),
            cancellationToken);
        if (result is null)
        {
            return Problem(StatusCodes.Status404NotFound, "There is no such gate.");
        }

        await wakeups.SendAsync(result.Wakeups, CancellationToken.None);
        return result.Done ? Results.Json(new { decided = true, message = result.Toast }) : Problem(StatusCodes.Status409Conflict, result.Toast);
    }

    private static IResult Problem(int status, string detail) => Results.Problem(detail, statusCode: status);
}
