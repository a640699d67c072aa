using System.Text.Json;
using DurableTask;
using Npgsql;
using OrchestratorFunctions.Audit;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Instances;

namespace OrchestratorFunctions.Api;

/// <summary>
/// <c>POST /api/instances/{verb}</c>: what the command line does with instances, for an admin's token. The only way to them where the Functions host has the task hub, and the same
/// everywhere. Whatever changes something is written to the audit trail before it is done: without the trail it is not done.
/// </summary>
internal sealed class OperatorCalls(DurableTaskClient client, NpgsqlDataSource dataSource, AuditLog audit)
{
    public const string Route = "api/instances/{verb}";
    public const int LongestBody = 64 * 1024;

    public async Task<IResult> AnswerAsync(ApiCaller caller, string verb, string body, CancellationToken cancellationToken)
    {
        if (!InstanceCalls.Verbs.Contains(verb))
        {
            return Problem(StatusCodes.Status404NotFound, $"There is no such verb. There are: {string.Join(", ", InstanceCalls.Verbs)}.");
        }

        if (body.Length > LongestBody)
        {
            return Problem(StatusCodes.Status413PayloadTooLarge, $"The body has more than {LongestBody} characters.");
        }

        try
        {
            var call = InstanceCalls.Read(body);
            if (InstanceCalls.Changes(verb) && !call.DryRun)
            {
                var entry = new AuditEntry("instance_operated", $"token:{caller.Name}", null, new { verb, instance = AuditEntry.Nameless(call.Id), reason = AuditEntry.Nameless(call.Reason), @event = call.Name, call.OlderThan, prefix = AuditEntry.Nameless(call.Prefix) });
                await dataSource.InTransactionAsync((connection, token) => audit.AppendAsync(connection, entry, token), cancellationToken);
            }

            return Results.Text((await InstanceCalls.RunAsync(client, verb, call, cancellationToken)).ToJsonString(), "application/json");
        }
        catch (JsonException bad)
        {
            return Problem(StatusCodes.Status400BadRequest, $"The body is not a call of {verb}: {(bad.Path is { Length: > 0 } path ? $"see {path}" : "not JSON")}.");
        }
        catch (OrchestrationNotFoundException missing)
        {
            return Problem(StatusCodes.Status404NotFound, missing.Message);
        }
        catch (Exception bad) when (bad is FormatException or ArgumentException or PermanentFailureException)
        {
            return Problem(StatusCodes.Status422UnprocessableEntity, bad.Message);
        }
        catch (InvalidOperationException state)
        {
            return Problem(StatusCodes.Status409Conflict, state.Message);
        }
    }

    private static IResult Problem(int status, string detail) => Results.Problem(detail, statusCode: status);
}
