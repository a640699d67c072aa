using System.Text.Json;
using System.Text.Json.Nodes;
using DurableTask;
using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Instances;

namespace OrchestratorFunctions.Api;

/// <summary>What an operator's call is answered with.</summary>
/// <param name="Status">An HTTP status.</param>
/// <param name="Json">Below 400 the answer, else problem details.</param>
internal sealed record OperatorAnswer(int Status, string Json)
{
    public string ContentType => Status < 400 ? "application/json" : "application/problem+json";

    public static OperatorAnswer Problem(int status, string detail) => new(status, new JsonObject { ["status"] = status, ["detail"] = detail }.ToJsonString());
}

/// <summary>
/// <c>POST /api/instances/{verb}</c>: what the command line does with instances, for an admin's token. The only way to them where the Functions host has the task hub, and the same
/// everywhere. Whatever changes something is written to the audit trail before it is done: without the trail it is not done.
/// </summary>
internal sealed class OperatorCalls(DurableTaskClient client, ApiAccess access, NpgsqlDataSource dataSource, AuditLog audit, ILogger<OperatorCalls> logger)
{
    public const string Route = "api/instances/{verb}";
    public const int LongestBody = 64 * 1024;

    public async Task<OperatorAnswer> AnswerAsync(string? authorization, string verb, string body, CancellationToken cancellationToken)
    {
        if (await access.FindAsync(authorization, cancellationToken) is not { } caller)
        {
            logger.LogWarning("An operator's call was refused: no valid API token");
            return OperatorAnswer.Problem(StatusCodes.Status401Unauthorized, "A valid token is needed: Authorization: Bearer …");
        }

        if (caller.Role != ApiRole.Admin)
        {
            logger.LogWarning("An operator's call was refused: the token {Token} is not an admin's", caller.Name);
            return OperatorAnswer.Problem(StatusCodes.Status403Forbidden, $"This needs the role admin; the token has {caller.Role.ToString().ToLowerInvariant()}.");
        }

        if (!InstanceCalls.Verbs.Contains(verb))
        {
            return OperatorAnswer.Problem(StatusCodes.Status404NotFound, $"There is no such verb. There are: {string.Join(", ", InstanceCalls.Verbs)}.");
        }

        if (body.Length > LongestBody)
        {
            return OperatorAnswer.Problem(StatusCodes.Status413PayloadTooLarge, $"The body has more than {LongestBody} characters.");
        }

        try
        {
            var call = InstanceCalls.Read(body);
            if (InstanceCalls.Changes(verb) && !call.DryRun)
            {
                var entry = new AuditEntry("instance_operated", $"token:{caller.Name}", null, new { verb, instance = AuditEntry.Nameless(call.Id), reason = AuditEntry.Nameless(call.Reason), @event = call.Name, call.OlderThan, prefix = AuditEntry.Nameless(call.Prefix) });
                await dataSource.InTransactionAsync((connection, token) => audit.AppendAsync(connection, entry, token), cancellationToken);
            }

            return new OperatorAnswer(StatusCodes.Status200OK, (await InstanceCalls.RunAsync(client, verb, call, cancellationToken)).ToJsonString());
        }
        catch (JsonException bad)
        {
            return OperatorAnswer.Problem(StatusCodes.Status400BadRequest, $"The body is not a call of {verb}: {(bad.Path is { Length: > 0 } path ? $"see {path}" : "not JSON")}.");
        }
        catch (OrchestrationNotFoundException missing)
        {
            return OperatorAnswer.Problem(StatusCodes.Status404NotFound, missing.Message);
        }
        catch (Exception bad) when (bad is FormatException or ArgumentException or PermanentFailureException)
        {
            return OperatorAnswer.Problem(StatusCodes.Status422UnprocessableEntity, bad.Message);
        }
        catch (InvalidOperationException state)
        {
            return OperatorAnswer.Problem(StatusCodes.Status409Conflict, state.Message);
        }
    }
}
