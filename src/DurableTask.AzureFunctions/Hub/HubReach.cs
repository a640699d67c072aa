namespace DurableTask.AzureFunctions;

/// <summary>Whether this process reaches the task hub.</summary>
public sealed class HubReach
{
    private readonly HubConnection hub;

    internal HubReach(HubConnection hub) => this.hub = hub;

    /// <summary>Whether an invocation has said where the hub is. On plans that scale HTTP functions apart, those of a webhook never do.</summary>
    public bool IsKnown => hub.IsKnown;

    /// <summary>Whether the hub answers now.</summary>
    /// <param name="patience">How long it may take.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<bool> AnswersAsync(TimeSpan patience, CancellationToken cancellation) => hub.AnswersAsync(patience, cancellation);
}
