namespace OrchestratorFunctions.Scar.Wire;

/// <summary>
/// One conversation per process of ours that got one answer. The agent keeps messages in memory only, so an empty canary means that it was
/// restarted (or that somebody deleted everybody's messages, which is treated the same).
/// </summary>
internal sealed class ScarCanary(TimeProvider time)
{
    private volatile string? conversationId;

    /// <summary>Makes the canary when there is none.</summary>
    public async Task EnsureAsync(ScarDialogue dialogue, CancellationToken cancellationToken)
    {
        if (conversationId is null)
        {
            var id = $"orchestrator-canary-{Guid.CreateVersion7(time.GetUtcNow()):N}";
            await dialogue.AskAsync(id, [], cancellationToken);
            Interlocked.CompareExchange(ref conversationId, id, null);
        }
    }

    /// <summary>Why messages of ours are gone, in words. Forgets a dead canary, so that the next command makes a new one.</summary>
    public async Task<string> ExplainAsync(ScarClient client, CancellationToken cancellationToken)
    {
        if (conversationId is not { } id)
        {
            return "the coding agent was restarted, or its messages were deleted";
        }

        if ((await client.MessagesAsync(id, cancellationToken)).Count > 0)
        {
            return "the coding agent lost the messages of this command, though it was not restarted";
        }

        Interlocked.CompareExchange(ref conversationId, null, id);
        return "the coding agent was restarted";
    }
}
