using System.Diagnostics.Metrics;

namespace OrchestratorFunctions.Operations.Telemetry;

/// <summary>What the rooms count and time, by the names that <c>/metrics</c> and the exporters show; <see cref="MetricCatalogue"/> describes them.</summary>
internal sealed class AppMetrics
{
    /// <summary>Name of the app's meter.</summary>
    public const string MeterName = "ProjectOrchestrator";

    /// <summary>Name of the meter and of the activity source that the vendors' chat clients report to.</summary>
    public const string ModelMeterName = "ProjectOrchestrator.Ai";

    private readonly Counter<long> conversations;
    private readonly Counter<long> visions;
    private readonly Counter<long> deliveries;
    private readonly Counter<long> messages;
    private readonly Counter<long> refusals;
    private readonly Counter<long> limited;
    private readonly Histogram<double> commands;

    public AppMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        conversations = meter.CreateCounter<long>("orchestrator_conversations_total");
        visions = meter.CreateCounter<long>("vision_documents_generated_total");
        deliveries = meter.CreateCounter<long>("inbox_deliveries_total");
        messages = meter.CreateCounter<long>("outbox_deliveries_total");
        refusals = meter.CreateCounter<long>("webhook_refusals_total");
        limited = meter.CreateCounter<long>("rate_limited_total");
        commands = meter.CreateHistogram<double>("scar_command_duration_seconds", "s");
    }

    /// <summary>Somebody began to talk in a chat that was not known before.</summary>
    public void ConversationStarted() => conversations.Add(1);

    /// <summary>A version of a vision was written and stored.</summary>
    public void VisionGenerated() => visions.Add(1);

    /// <summary>Something verified came in, or reached an end. <paramref name="outcome"/>: accepted, repeated, done, retried or parked.</summary>
    public void Delivery(string address, string outcome) => deliveries.Add(1, new("channel", Channel(address)), new("outcome", outcome));

    /// <summary>A message went out, or did not. <paramref name="outcome"/>: sent, retried, parked or unreachable.</summary>
    public void Message(string address, string outcome) => messages.Add(1, new("channel", Channel(address)), new("outcome", outcome));

    /// <summary>A webhook was answered with an error. <paramref name="reason"/> is the HTTP status, whose meanings are in the runbook.</summary>
    public void Refusal(string channel, int reason) => refusals.Add(1, new("channel", channel), new("reason", reason));

    /// <summary>A limit was exceeded. <paramref name="scope"/>: client (unverified requests of one address) or person.</summary>
    public void RateLimited(string scope) => limited.Add(1, new KeyValuePair<string, object?>("scope", scope));

    /// <summary>A command of the coding agent has an outcome.</summary>
    /// <param name="command">As the agent knows it: prime, plan-feature-github, execute-github or validate.</param>
    /// <param name="outcome">SUCCEEDED, FAILED, UNPROVEN, UNKNOWN or STOPPED, in small letters.</param>
    /// <param name="duration">From its sending.</param>
    public void CommandEnded(string command, string outcome, TimeSpan duration) => commands.Record(duration.TotalSeconds, new("command", command), new("outcome", outcome));

    // "telegram:42" is of the channel telegram; the rest would make a series for each chat.
    private static string Channel(string address) => address.Split(':', 2)[0];
}
