using System.Text.Json.Nodes;
using DurableTask.AzureFunctions;
using OrchestratorFunctions.Api;

namespace OrchestratorFunctions.Functions;

/// <summary>
/// <c>POST /api/hub/{verb}</c>: the operator's way to the task hub, which outside of the host nobody reaches. The body is the hub's own request as JSON, so is the answer.
/// </summary>
internal sealed class AdminFunction(HubGateway hub, ApiAccess access, ILogger<AdminFunction> logger)
{
    public static HttpFunction Http { get; } = new("AdminHub", "api/hub/{verb}", ["POST"]);

    public async Task<WrappedAnswer> AnswerAsync(WrappedRequest request, CancellationToken cancellationToken)
    {
        if (await access.FindAsync(request.Headers.GetValueOrDefault("Authorization"), cancellationToken) is not { Role: ApiRole.Admin })
        {
            logger.LogWarning("An operator's call was refused: the API token is missing, wrong, or not an admin's");
            return Problem(StatusCodes.Status401Unauthorized, "An admin's API token is needed: send it as Authorization: Bearer TOKEN.");
        }

        var verb = request.Parameters.GetValueOrDefault("verb") ?? "";
        var answer = await hub.CallAsync(verb, request.Body, cancellationToken);
        logger.LogInformation("Operator's call {Verb}: {Status}", answer.Status == StatusCodes.Status404NotFound ? "(unknown)" : verb, answer.Status);
        return answer.Status < 400 ? new WrappedAnswer(answer.Status, answer.Text) : Problem(answer.Status, answer.Text);
    }

    private static WrappedAnswer Problem(int status, string detail) =>
        new(status, new JsonObject { ["status"] = status, ["detail"] = detail }.ToJsonString(), "application/problem+json");
}
