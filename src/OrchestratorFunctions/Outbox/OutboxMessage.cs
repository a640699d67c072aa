namespace OrchestratorFunctions.Outbox;

/// <summary>Something to say in a chat or issue, once.</summary>
/// <param name="Address">Where: <c>telegram:42</c>.</param>
/// <param name="DomainKey">Equal across retries of the same work, so that it is said once; never made of task ids.</param>
/// <param name="Markdown">What, as CommonMark; each channel renders and splits it to its limits.</param>
internal sealed record OutboxMessage(string Address, string DomainKey, string Markdown)
{
    /// <summary>Buttons under the last part.</summary>
    public IReadOnlyList<OutboxButton> Buttons { get; init; } = [];

    /// <summary>The gate that the buttons decide, so that all its messages can be updated when it is decided.</summary>
    public Guid? GateId { get; init; }

    /// <summary>Domain key of the message to edit instead of sending a new one.</summary>
    public string? EditsDomainKey { get; init; }

    /// <summary>Whether the channel should invite a reply to exactly this message.</summary>
    public bool AsksForReply { get; init; }
}

/// <summary>A button: what it says, what it stands for (<paramref name="Verb"/>) and of what (<paramref name="Subject"/>).</summary>
internal sealed record OutboxButton(string Label, string Verb, Guid? Subject = null);
