using System.Diagnostics.Metrics;
using DurableTask.Wire;

namespace DurableTask.Telemetry;

using Event = HistoryEvent.EventTypeOneofCase;

// What the engine counts. Sessions and activity runs count themselves, whatever the backend; only what a backend alone can know is told from there.
internal static class Measures
{
    private static readonly Meter Meter = new(DurableTaskTelemetry.MeterName);

    private static readonly Counter<long> Steps = Meter.CreateCounter<long>("durabletask.steps", "{step}", "Steps of orchestrations that were made, by orchestrator.");
    private static readonly Counter<long> Replays = Meter.CreateCounter<long>("durabletask.replays", "{replay}", "Sessions that had to be rebuilt from history, by orchestrator.");
    private static readonly Counter<long> ReplayedEvents = Meter.CreateCounter<long>("durabletask.replayed_events", "{event}", "Events of history read for replays, by orchestrator.");
    private static readonly Counter<long> Failures = Meter.CreateCounter<long>("durabletask.failures", "{instance}", "Instances that failed, by orchestrator.");
    private static readonly Counter<long> Timers = Meter.CreateCounter<long>("durabletask.timers", "{timer}", "Timers that fired and were taken in.");
    private static readonly Histogram<double> QueueAge = Meter.CreateHistogram<double>("durabletask.queue_age", "s", "How long something that happened waited for the step that took it in.");
    private static readonly Counter<long> Activities = Meter.CreateCounter<long>("durabletask.activities", "{run}", "Runs of activities, by activity and outcome (completed, failed, given_back).");
    private static readonly Histogram<double> ActivityTime = Meter.CreateHistogram<double>("durabletask.activity_time", "s", "How long runs of activities took, by activity.");
    private static readonly Counter<long> LeaseLosses = Meter.CreateCounter<long>("durabletask.lease_losses", "{lease}", "Work whose result was refused because another worker had taken it over after its lease, by kind (instance, activity).");

    private static readonly Counter<long> OvertakenSteps = Meter.CreateCounter<long>("durabletask.overtaken_steps", "{step}", "Steps that were not made because another worker had made one first, by orchestrator; they are tried again on what is there now.");

    public static void Replayed(string orchestrator, int events)
    {
        Replays.Add(1, Tag("orchestrator", orchestrator));
        ReplayedEvents.Add(events, Tag("orchestrator", orchestrator));
    }

    public static void Stepped(string orchestrator, bool failed)
    {
        Steps.Add(1, Tag("orchestrator", orchestrator));
        if (failed)
        {
            Failures.Add(1, Tag("orchestrator", orchestrator));
        }
    }

    // An instance that was to begin later has waited since then, not since it was ordered.
    public static void TakenIn(HistoryEvent one, DateTime now)
    {
        if (one.EventTypeCase == Event.TimerFired)
        {
            Timers.Add(1);
        }

        if (QueueAge.Enabled && one.EventTypeCase is not (Event.OrchestratorStarted or Event.OrchestratorCompleted) && (one.ExecutionStarted?.ScheduledStartTimestamp ?? one.Timestamp) is { } since)
        {
            QueueAge.Record(Math.Max(0, (now - since.ToDateTime()).TotalSeconds));
        }
    }

    public static void Ran(string activity, string outcome, TimeSpan time)
    {
        Activities.Add(1, Tag("activity", activity), Tag("outcome", outcome));
        ActivityTime.Record(time.TotalSeconds, Tag("activity", activity));
    }

    // Called by the backend whose fence refused the work.
    public static void LeaseLost(string kind) => LeaseLosses.Add(1, Tag("kind", kind));

    // Two workers had mail for one instance at the same time: the fence let one of them pass.
    public static void Overtaken(string orchestrator) => OvertakenSteps.Add(1, Tag("orchestrator", orchestrator));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
