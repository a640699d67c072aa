using System.Diagnostics;
using DurableTask.Wire;

namespace DurableTask.Telemetry;

// One W3C trace from whoever starts an instance, through its steps, to activities and children. An orchestration lives longer than any process, so it is no span of its own:
// each step that is really made is one, below the start; a replay makes none. What is called carries the context of the step that called it.
internal static class Traces
{
    private static readonly ActivitySource Source = new(DurableTaskTelemetry.ActivitySourceName);

    // Below whatever the caller does at this moment.
    public static Activity? Start(string orchestrator, string instanceId) =>
        Tagged(Source.StartActivity($"create_orchestration:{orchestrator}", ActivityKind.Producer), orchestrator, instanceId);

    public static Activity? Step(string orchestrator, string instanceId, TraceContext? parent) =>
        Tagged(Below(parent, $"orchestration:{orchestrator}", ActivityKind.Internal), orchestrator, instanceId);

    public static Activity? Run(string activity, string instanceId, TraceContext? parent) =>
        Tagged(Below(parent, $"activity:{activity}", ActivityKind.Consumer), activity, instanceId);

    public static TraceContext? Context(Activity? span) => span is not { IdFormat: ActivityIdFormat.W3C, Id: { } id }
        ? null
        : new TraceContext { TraceParent = id, SpanID = span.SpanId.ToHexString(), TraceState = span.TraceStateString };

    private static Activity? Below(TraceContext? parent, string name, ActivityKind kind)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        // What this thread happens to be doing is not what has called.
        Activity.Current = null;
        return Source.StartActivity(name, kind, ActivityContext.TryParse(parent?.TraceParent, parent?.TraceState, isRemote: true, out var context) ? context : default);
    }

    private static Activity? Tagged(Activity? span, string task, string instanceId) => span?.SetTag("durabletask.task.name", task).SetTag("durabletask.task.instance_id", instanceId);
}
