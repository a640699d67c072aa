using DurableTask.AzureFunctions;
using Npgsql;
using OrchestratorFunctions.Api;

namespace OrchestratorFunctions.Functions;

/// <summary>The operator's calls under the Functions host, where only a function that is bound to the task hub reaches it. Their route and answers are those of every other mode.</summary>
internal sealed class AdminFunction(OperatorCalls calls, ILogger<AdminFunction> logger)
{
    public static HttpFunction Http { get; } = new("AdminInstances", OperatorCalls.Route, ["POST"]);

    public async Task<WrappedAnswer> AnswerAsync(WrappedRequest request, CancellationToken cancellationToken)
    {
        OperatorAnswer answer;
        try
        {
            answer = await calls.AnswerAsync(request.Headers.GetValueOrDefault("Authorization"), request.Parameters.GetValueOrDefault("verb") ?? "", request.Body, cancellationToken);
        }
        // Whatever is left: a failed invocation would be a 500 of the host's.
        catch (Exception fault) when (fault is HubUnavailableException or NpgsqlException or TimeoutException)
        {
            logger.LogWarning("An operator's call could not be answered: {Reason}", fault.Message);
            answer = OperatorAnswer.Problem(StatusCodes.Status503ServiceUnavailable, fault is HubUnavailableException ? fault.Message : "The database does not answer.");
        }

        return new WrappedAnswer(answer.Status, answer.Json, answer.ContentType);
    }
}
