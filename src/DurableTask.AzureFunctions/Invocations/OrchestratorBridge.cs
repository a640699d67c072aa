using DurableTask.Replay;
using DurableTask.Wire;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace DurableTask.AzureFunctions;

using Kind = OrchestratorAction.OrchestratorActionTypeOneofCase;

// One episode of an instance: the host's request, replayed and advanced, becomes the host's answer. Whatever goes wrong that is not the orchestrator's own doing is
// answered with "requires history": the host gives the message back and sends it again. Every other answer to trouble would fail the instance for good.
internal sealed class OrchestratorBridge(DurableTaskRegistry registry, IServiceProvider services, ILoggerFactory loggers)
{
    private readonly ILogger log = loggers.CreateLogger("DurableTask.AzureFunctions");

    public (string Answer, string? Trouble) Run(string? context, string function)
    {
        OrchestratorRequest? request = null;
        try
        {
            request = Parse(context);
            return (Convert.ToBase64String(Advance(request).ToByteArray()), null);
        }
        // The boundary to the host.
        catch (Exception trouble)
        {
            var reason = trouble is InvocationException or UnknownTaskException ? trouble.Message : $"{trouble.GetType().Name}: {trouble.Message}";
            log.LogError("An episode of {Orchestrator} {InstanceId} was given back to the host, which sends it again: {Reason}", function, request?.InstanceId ?? "(unread)", reason);
            return (Later(request), reason);
        }
    }

    // Asks for the episode again.
    public static string Later(OrchestratorRequest? request = null) =>
        Convert.ToBase64String(new OrchestratorResponse { InstanceId = request?.InstanceId ?? "", RequiresHistory = true }.ToByteArray());

    internal OrchestratorResponse Advance(OrchestratorRequest request)
    {
        var session = new OrchestrationSession(registry, services, loggers);
        session.Replay(request.PastEvents);
        var answer = session.Advance(request.NewEvents);
        if (session.Started is null)
        {
            throw new InvocationException("The history does not begin with the start of an orchestration.");
        }

        var response = new OrchestratorResponse { InstanceId = request.InstanceId, CustomStatus = answer.CustomStatus };
        response.Actions.AddRange(answer.Actions);
        foreach (var action in response.Actions)
        {
            Fit(action, request);
        }

        return response;
    }

    private static void Fit(OrchestratorAction action, OrchestratorRequest request)
    {
        switch (action.OrchestratorActionTypeCase)
        {
            // The host binds an activity's input as JSON, and no text is none.
            case Kind.ScheduleTask:
                action.ScheduleTask.Input ??= "null";
                break;
            // A parent is told that a child failed, and nothing but these details tells it a child that was ended on purpose from one whose worker died.
            case Kind.CompleteOrchestration when action.CompleteOrchestration is { OrchestrationStatus: OrchestrationStatus.Terminated, FailureDetails: null } end && HasParent(request):
                end.FailureDetails = new Wire.TaskFailureDetails { ErrorType = "DurableTask.OrchestrationTerminated", ErrorMessage = $"The sub-orchestration '{request.InstanceId}' was terminated.", IsNonRetriable = false };
                break;
        }
    }

    private static bool HasParent(OrchestratorRequest request) => request.PastEvents.Concat(request.NewEvents).Any(one => one.ExecutionStarted?.ParentInstance is not null);

    private static OrchestratorRequest Parse(string? context)
    {
        try
        {
            var bytes = Convert.FromBase64String(context ?? throw new InvocationException("The invocation has no orchestration context."));
            var request = OrchestratorRequest.Parser.ParseFrom(bytes);
            return request.InstanceId.Length > 0 ? request : throw new InvocationException("The orchestration context names no instance.");
        }
        catch (FormatException bad)
        {
            throw new InvocationException("The orchestration context is not base64.", bad);
        }
        catch (InvalidProtocolBufferException bad)
        {
            throw new InvocationException("The orchestration context is not the message that it should be.", bad);
        }
    }
}
