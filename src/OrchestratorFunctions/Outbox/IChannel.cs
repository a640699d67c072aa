namespace OrchestratorFunctions.Outbox;

/// <summary>What became of one attempt to say something.</summary>
internal abstract record Delivery
{
    /// <summary>Said, in all its parts.</summary>
    public sealed record Sent : Delivery;

    /// <summary>Not now; again after <paramref name="Delay"/>, or by the outbox's own back-off when null.</summary>
    public sealed record Later(string Reason, TimeSpan? Delay = null) : Delivery;

    /// <summary>Never: the channel refuses this message for good.</summary>
    public sealed record Refused(string Reason) : Delivery;

    /// <summary>Nobody listens at this address any more (the bot was blocked, the chat is gone).</summary>
    public sealed record Unreachable(string Reason) : Delivery;
}

/// <summary>
/// One way out: a room that can say things at addresses with its prefix. Implemented by the rooms of vendors, so that the outbox knows none.
/// </summary>
internal interface IChannel
{
    /// <summary>What its addresses begin with, for example <c>telegram:</c>.</summary>
    string AddressPrefix { get; }

    /// <summary>
    /// Says <paramref name="item"/>, leaving out the parts that were sent before, and reports each sent part through
    /// <paramref name="recordPart"/> before it sends the next.
    /// </summary>
    Task<Delivery> DeliverAsync(OutboxItem item, Func<long, Task> recordPart, CancellationToken cancellationToken);
}
