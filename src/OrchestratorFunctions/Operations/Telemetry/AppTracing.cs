using System.Diagnostics;

namespace OrchestratorFunctions.Operations.Telemetry;

/// <summary>
/// Joins what belongs together in time: the trace of a webhook goes on when its row is handled and when the answer is sent, since
/// rows keep the trace they were written in.
/// </summary>
internal static class AppTracing
{
    public const string SourceName = "ProjectOrchestrator";
    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The place in the present trace, in the form of W3C's <c>traceparent</c>; null outside of any.</summary>
    public static string? Here => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;

    /// <summary>Goes on with the trace of a stored row.</summary>
    /// <param name="name">What is done: <c>inbox handle</c>.</param>
    /// <param name="traceparent">Where the row was written; null begins a trace.</param>
    public static Activity? Continue(string name, string? traceparent) =>
        ActivityContext.TryParse(traceparent, traceState: null, isRemote: true, out var parent)
            ? Source.StartActivity(name, ActivityKind.Consumer, parent)
            : Source.StartActivity(name, ActivityKind.Consumer, default(ActivityContext));

    /// <summary>Lets spans exist, and so the log carry their trace, also where nothing is exported.</summary>
    public static ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is SourceName or "Microsoft.AspNetCore" or "DurableTask",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
