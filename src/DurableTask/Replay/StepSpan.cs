using System.Diagnostics;
using DurableTask.Telemetry;
using DurableTask.Wire;

namespace DurableTask.Replay;

// The span of one step, opened when the step knows whose it is. It is not the current one while the orchestrator runs: that code is continued by later steps, under whose spans it would claim this one.
internal sealed class StepSpan
{
    private readonly Activity? before = Activity.Current;
    private Activity? span;
    private TraceContext? parent;

    // What the step's calls carry on: its own span, or, when nobody listens here, whatever it was started with.
    public TraceContext? Context => Traces.Context(span) ?? parent;

    public void Open(ExecutionStartedEvent started)
    {
        parent = started.ParentTraceContext;
        span ??= Traces.Step(started.Name, started.OrchestrationInstance?.InstanceId ?? "", parent);
        Activity.Current = before;
    }

    public void Failed(string errorType) => span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", errorType);

    public void Close()
    {
        span?.Stop();
        Activity.Current = before;
    }
}
