using System.Diagnostics;
using DurableTask.Replay;
using DurableTask.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DurableTask.AzureFunctions;

// Where the host sends its invocations: POST /{function}. Not authenticated, so it exists under the Functions host only, and there the process listens on loopback only.
internal sealed class InvocationEndpoint(
    DurableTaskRegistry tasks, FunctionTriggers triggers, OrchestratorBridge orchestrators, HubAddress hub, Invocations running, FunctionsOptions options, IServiceProvider services, ILogger<InvocationEndpoint> log)
{
    public static void Map(IEndpointRouteBuilder endpoints, InvocationEndpoint endpoint) =>
        // Behind every route of the app's own, and not part of the manifest.
        endpoints.MapPost("/{function}", context => endpoint.AnswerAsync(context, (string)context.Request.RouteValues["function"]!)).WithMetadata(endpoint).WithOrder(int.MaxValue);

    private async Task AnswerAsync(HttpContext context, string function)
    {
        if (!context.Request.HasJsonContentType())
        {
            await InvocationAnswers.FailAsync(context.Response, StatusCodes.Status415UnsupportedMediaType, "An invocation of the Functions host is application/json.");
            return;
        }

        using var counted = running.Begin();
        var isOrchestrator = tasks.Orchestrators.Any(one => one.Name.Equals(function, StringComparison.OrdinalIgnoreCase));
        try
        {
            using var invocation = await Invocation.ReadAsync(context.Request, context.RequestAborted);
            hub.Learn(invocation.Text(Bindings.HubName));
            // An orchestrator that only the host knows comes from another version of the app: by its binding it is known for what it is.
            await (isOrchestrator || invocation.Has("context") ? OrchestrateAsync(context, invocation, function)
                : triggers.Find(function) is { } trigger ? TriggerAsync(context, invocation, trigger)
                : ActAsync(context, invocation, function));
        }
        catch (InvocationException bad)
        {
            log.LogError("An invocation of {Function} was not understood: {Reason}", function, bad.Message);
            await (isOrchestrator
                ? InvocationAnswers.ReturnAsync(context.Response, OrchestratorBridge.Later(), bad.Message)
                : InvocationAnswers.FailAsync(context.Response, StatusCodes.Status400BadRequest, bad.Message));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            log.LogWarning("The host gave up on {Function}", function);
        }
    }

    private async Task OrchestrateAsync(HttpContext context, Invocation invocation, string function)
    {
        // A process that ends takes no new episode: the host sends it to the next one.
        var (answer, trouble) = running.Ending ? (OrchestratorBridge.Later(), "The worker ends.") : orchestrators.Run(invocation.Text("context"), function);
        await InvocationAnswers.ReturnAsync(context.Response, answer, trouble);
    }

    private async Task ActAsync(HttpContext context, Invocation invocation, string function)
    {
        try
        {
            var envelope = await ActivityRun.RunAsync(tasks, services, function, invocation.Metadata("instanceId") ?? "", invocation.Text("input"), log, context.RequestAborted, Traces.Context(Activity.Current));
            await AfterAsync(context.RequestAborted);
            // As a string: of an object the host would rewrite dates and numbers.
            await InvocationAnswers.ReturnAsync(context.Response, envelope);
        }
        catch (UnknownTaskException unknown)
        {
            log.LogError("{InstanceId}: {Reason} The host was given a failure, which the orchestrator's engine retries", invocation.Metadata("instanceId"), unknown.Message);
            await InvocationAnswers.FailAsync(context.Response, StatusCodes.Status404NotFound, unknown.Message);
        }
    }

    private async Task TriggerAsync(HttpContext context, Invocation invocation, FunctionTrigger trigger)
    {
        try
        {
            await using var scope = services.CreateAsyncScope();
            var outputs = await trigger.RunAsync(scope.ServiceProvider, invocation, context.RequestAborted);
            await AfterAsync(context.RequestAborted);
            await InvocationAnswers.OutputsAsync(context.Response, outputs);
        }
        // The boundary to the host: a failed timer comes again by the clock, a failed message is given back.
        catch (Exception fault) when (fault is not InvocationException && !context.RequestAborted.IsCancellationRequested)
        {
            log.LogWarning("Function {Function} failed: {Type}: {Reason}", trigger.Name, fault.GetType().Name, fault.Message);
            await InvocationAnswers.FailAsync(context.Response, StatusCodes.Status500InternalServerError, "The function failed; the log says why.");
        }
    }

    // While the invocation is open: after its answer a plan may freeze this process.
    private Task AfterAsync(CancellationToken cancellation) => options.AfterInvocation?.Invoke(services, cancellation) ?? Task.CompletedTask;
}
