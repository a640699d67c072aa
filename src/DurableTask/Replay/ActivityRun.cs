using System.Diagnostics;
using DurableTask.Telemetry;
using DurableTask.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DurableTask.Replay;

// Runs one activity in its own scope of the container and puts the result, or the reason of a failure, into the envelope that travels.
internal static class ActivityRun
{
    public static async Task<string> RunAsync(
        DurableTaskRegistry registry, IServiceProvider services, string name, string instanceId, string? input, ILogger log, CancellationToken cancellation, TraceContext? caller = null)
    {
        var since = Stopwatch.GetTimestamp();
        await using var scope = services.CreateAsyncScope();
        var activity = registry.CreateActivity(name, scope.ServiceProvider) ?? throw new UnknownTaskException($"activity '{name}'");
        using var span = Traces.Run(name, instanceId, caller);
        try
        {
            var result = await activity.RunAsync(new Context(name, instanceId, cancellation), DurableJson.Read(input, activity.InputType));
            var answer = ResultEnvelope.Success(DurableJson.Write(result));
            Measures.Ran(name, "completed", Stopwatch.GetElapsedTime(since));
            return answer;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Measures.Ran(name, "given_back", Stopwatch.GetElapsedTime(since));
            throw;
        }
        // The boundary of the activity's code: its exception is its answer. Only the worker's own stop is not.
        catch (Exception exception)
        {
            Measures.Ran(name, "failed", Stopwatch.GetElapsedTime(since));
            span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", exception.GetType().FullName);
            // The orchestrator may go on trying for long; whoever watches the log should not have to wait for the end of that.
            log.LogWarning("Activity {Activity} of {InstanceId} failed: {Type}: {Reason}", name, instanceId, exception.GetType().Name, exception.Message);
            return ResultEnvelope.Failed(DurableTask.TaskFailureDetails.FromException(exception));
        }
    }

    private sealed class Context(string name, string instanceId, CancellationToken cancellation) : TaskActivityContext
    {
        public override TaskName Name { get; } = name;

        public override string InstanceId { get; } = instanceId;

        public override CancellationToken CancellationToken { get; } = cancellation;
    }
}
