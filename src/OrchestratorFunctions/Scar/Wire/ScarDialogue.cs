using System.Security.Cryptography;

namespace OrchestratorFunctions.Scar.Wire;

/// <summary>
/// Questions that the agent answers at once and without its model. Each round ends with a fence, an unknown command that the agent names
/// in its answer: a conversation is strictly first in, first out, so what stands before the fence answers what was asked before it.
/// </summary>
internal sealed class ScarDialogue(ScarClient client, TimeProvider time)
{
    // At full capacity even such answers wait for their turn; 22.9 s were measured.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>A name for a fence that nobody can guess, the agent's model included.</summary>
    public static string NewNonce() => RandomNumberGenerator.GetHexString(24, lowercase: true);

    /// <summary>The answers to <paramref name="questions"/>, one each.</summary>
    /// <exception cref="ScarException">They did not come, or not one each.</exception>
    public async Task<IReadOnlyList<string>> AskAsync(string conversationId, IReadOnlyList<string> questions, CancellationToken cancellationToken)
    {
        var before = (await client.MessagesAsync(conversationId, cancellationToken)).Count;
        var fence = NewNonce();
        foreach (var question in questions.Append(ScarReplies.FenceCommand(fence)))
        {
            await client.SendAsync(conversationId, question, cancellationToken);
        }

        var deadline = time.GetUtcNow() + Patience;
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var messages = await client.MessagesAsync(conversationId, cancellationToken);
            // Its database may be away for a moment; then even the fence is answered with that.
            if (messages.Skip(before).FirstOrDefault(message => ScarReplies.IsFailedEnd(message.Message)) is { } trouble)
            {
                throw new ScarException(ScarFault.Broken, $"the coding agent is in trouble: {trouble.Message}");
            }

            if (ScarReplies.FindFence(messages, before, fence) is { } end)
            {
                return end - before >= questions.Count
                    ? [.. messages.Skip(end - questions.Count).Take(questions.Count).Select(message => message.Message)]
                    : throw new ScarException(ScarFault.Unreadable, "the coding agent left a question unanswered");
            }

            if (messages.Count < before || time.GetUtcNow() > deadline)
            {
                throw new ScarException(ScarFault.NoAnswer, "the coding agent did not answer a question in time");
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }
}
