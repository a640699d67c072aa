using DurableTask;

namespace OrchestratorFunctions.Operations.Telemetry;

internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,

    /// <summary>A counter of the measurements of a histogram that a library records.</summary>
    CountOf,
}

/// <summary>One metric of <c>/metrics</c>.</summary>
/// <param name="Instrument">The instrument that it shows; ours have the metric's own name, a library's have the names of OpenTelemetry.</param>
/// <param name="Labels">Its labels, and the tags that they are taken from.</param>
/// <param name="Known">Values of labels that are shown as 0 before anything happened, so that a query finds the series from the first scrape on.</param>
/// <param name="Buckets">For a histogram: upper bounds, in seconds.</param>
internal sealed record Metric(string Name, MetricKind Kind, string Help, string Instrument, IReadOnlyList<MetricLabel> Labels, IReadOnlyList<string[]> Known, double[]? Buckets = null);

/// <summary>A label, the tag that it is taken from, and its value where that tag is missing.</summary>
internal sealed record MetricLabel(string Name, string Tag, string Otherwise = "none");

/// <summary>Every metric that <c>/metrics</c> shows; <c>docs/operations.md</c> lists the same.</summary>
internal static class MetricCatalogue
{
    private const string Requests = "http.server.request.duration";
    private const string ModelCalls = "gen_ai.client.operation.duration";
    private static readonly string[] Channels = ["telegram", "github"];
    private static readonly string[] Commands = ["prime", "plan-feature-github", "execute-github", "validate"];
    private static readonly string[] Outcomes = ["succeeded", "failed", "unproven", "unknown", "stopped"];
    private static readonly DurableTaskRegistry Tasks = App.Tasks();
    private static readonly string[] Orchestrators = [.. Tasks.Orchestrators.Select(one => one.Name).Distinct(StringComparer.Ordinal)];
    private static readonly string[] Activities = [.. Tasks.Activities];
    private static readonly double[] ShortTimes = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly double[] ModelTimes = [0.25, 0.5, 1, 2, 5, 10, 20, 40, 60, 100];
    private static readonly double[] CommandTimes = [1, 5, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600];
    private static readonly double[] WorkTimes = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 900];
    private static readonly MetricLabel[] RequestLabels = [new("method", "http.request.method"), new("route", "http.route"), new("code", "http.response.status_code")];

    public static IReadOnlyList<Metric> All { get; } =
    [
        Own("orchestrator_conversations_total", MetricKind.Counter, "Total conversations started"),
        Own("orchestrator_active_projects", MetricKind.Gauge, "Number of projects in active workflow"),
        Own("scar_command_duration_seconds", MetricKind.Histogram, "SCAR command execution time, from its sending to its outcome", ["command", "outcome"], Pairs(Commands, Outcomes), CommandTimes),
        new("http_requests_total", MetricKind.CountOf, "Total HTTP requests", Requests, RequestLabels, [["GET", "/metrics", "200"]]),
        new("http_request_duration_seconds", MetricKind.Histogram, "Request latency", Requests, RequestLabels, [["GET", "/metrics", "200"]], ShortTimes),
        Own("approval_gates_pending", MetricKind.Gauge, "Number of pending approval gates"),
        Own("vision_documents_generated_total", MetricKind.Counter, "Total vision documents created"),

        Own("approval_gate_oldest_age_seconds", MetricKind.Gauge, "Age of the oldest pending approval gate; 0 when none is pending"),
        Own("inbox_open_rows", MetricKind.Gauge, "Accepted messages that wait for their turn"),
        Own("inbox_lag_seconds", MetricKind.Gauge, "Age of the oldest accepted message that is due and not handled; 0 when there is none"),
        Own("inbox_parked_rows", MetricKind.Gauge, "Messages that were set aside after repeated failure"),
        Own("inbox_deliveries_total", MetricKind.Counter, "Verified deliveries by what became of them", ["channel", "outcome"], Pairs(Channels, "accepted", "repeated", "done", "retried", "parked")),
        Own("outbox_pending_messages", MetricKind.Gauge, "Messages that wait to be sent"),
        Own("outbox_lag_seconds", MetricKind.Gauge, "Age of the oldest message that waits to be sent to an address that can be reached; 0 when there is none"),
        Own("outbox_parked_messages", MetricKind.Gauge, "Messages that were refused for good"),
        Own("outbox_parked_addresses", MetricKind.Gauge, "Chats that cannot be reached"),
        Own("outbox_deliveries_total", MetricKind.Counter, "Attempts to send a message, by what became of them", ["channel", "outcome"], Pairs(Channels, "sent", "retried", "parked", "unreachable")),
        Own("webhook_refusals_total", MetricKind.Counter, "Webhook requests that were answered with an error, by HTTP status", ["channel", "reason"], Pairs(Channels, "400", "401", "403", "408", "413", "415", "422", "429", "503")),
        Own("rate_limited_total", MetricKind.Counter, "Requests and messages beyond a limit", ["scope"], [["client"], ["person"]]),
        new("model_calls_total", MetricKind.CountOf, "Calls to the language model, by the type of error", ModelCalls, [new("error", "error.type")], [["none"]]),
        new("model_call_duration_seconds", MetricKind.Histogram, "Time of a call to the language model", ModelCalls, [new("error", "error.type")], [["none"]], ModelTimes),
        new("model_tokens_total", MetricKind.Counter, "Tokens sent to and received from the language model", "gen_ai.client.token.usage", [new("direction", "gen_ai.token.type")], [["input"], ["output"]]),
        Own("durable_instances", MetricKind.Gauge, "Workflow instances that are not finished"),
        Own("durable_parked", MetricKind.Gauge, "Workflow instances and activities that were set aside after repeated failure"),
        Own("durable_activities_waiting", MetricKind.Gauge, "Activities that wait for a worker"),
        Own("durable_timer_lag_seconds", MetricKind.Gauge, "How long the oldest due timer has been waiting to fire; 0 when none is due"),
        Engine("durable_steps_total", "steps", MetricKind.Counter, "Steps of workflow instances that were made", ["orchestrator"], Each(Orchestrators)),
        Engine("durable_failures_total", "failures", MetricKind.Counter, "Workflow instances that failed", ["orchestrator"], Each(Orchestrators)),
        Engine("durable_replays_total", "replays", MetricKind.Counter, "Workflow instances that had to be rebuilt from their history", ["orchestrator"], Each(Orchestrators)),
        Engine("durable_replayed_events_total", "replayed_events", MetricKind.Counter, "Events of history that were read for it", ["orchestrator"], Each(Orchestrators)),
        Engine("durable_timers_total", "timers", MetricKind.Counter, "Timers that fired and were taken in"),
        Engine("durable_queue_age_seconds", "queue_age", MetricKind.Histogram, "How long something that happened waited for the step that took it in"),
        Engine("durable_activities_total", "activities", MetricKind.Counter, "Runs of activities, by what became of them", ["activity", "outcome"], Pairs(Activities, "completed", "failed", "given_back")),
        Engine("durable_activity_duration_seconds", "activity_time", MetricKind.Histogram, "How long runs of activities took", ["activity"], Each(Activities)),
        Engine("durable_lease_losses_total", "lease_losses", MetricKind.Counter, "Work whose result was refused because another worker had taken it over after its lease", ["kind"], [["instance"], ["activity"]]),
        Engine("durable_overtaken_steps_total", "overtaken_steps", MetricKind.Counter, "Steps that were not made because another worker had made one first; they are tried again", ["orchestrator"], Each(Orchestrators)),
        Own("database_up", MetricKind.Gauge, "1 when the database answered the last look, else 0; the gauges that come from it are then NaN"),
        Own("database_connections", MetricKind.Gauge, "Connections of all clients to this database"),
    ];

    private static Metric Own(string name, MetricKind kind, string help, string[]? labels = null, IReadOnlyList<string[]>? known = null, double[]? buckets = null) =>
        new(name, kind, help, name, [.. (labels ?? []).Select(label => new MetricLabel(label, label))], known ?? [], buckets);

    private static Metric Engine(string name, string instrument, MetricKind kind, string help, string[]? labels = null, IReadOnlyList<string[]>? known = null) =>
        Own(name, kind, help, labels, known, kind == MetricKind.Histogram ? WorkTimes : null) with { Instrument = $"durabletask.{instrument}" };

    private static IReadOnlyList<string[]> Each(string[] values) => [.. values.Select(value => new[] { value })];

    private static IReadOnlyList<string[]> Pairs(string[] first, params string[] second) => [.. first.SelectMany(_ => second, (one, two) => new[] { one, two })];
}
