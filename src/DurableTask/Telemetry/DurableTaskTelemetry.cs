namespace DurableTask;

/// <summary>The names under which the engine tells what it does, to System.Diagnostics listeners.</summary>
public static class DurableTaskTelemetry
{
    /// <summary>The name of the meter: steps, replays, activities, timers, failures, lease losses, and how long work waited.</summary>
    public const string MeterName = "DurableTask";

    /// <summary>The name of the activity source: spans of starts, steps and activities, in the trace of whoever started the instance.</summary>
    public const string ActivitySourceName = "DurableTask";
}
