using Microsoft.Extensions.Options;
using OrchestratorFunctions.Scar.Wire;

namespace OrchestratorFunctions.Scar.Http;

/// <summary>
/// Sends the command and its fence. The agent knows no idempotency key, so the row is claimed in its own transaction first; whoever finds it
/// claimed asks what became of the sending. Only a command that was provably not sent is sent again.
/// </summary>
internal sealed class HttpSending(ScarStore store, ScarEnding ending, ScarClient client, ScarDialogue dialogue, ScarCanary canary, IOptions<ScarOptions> options)
{
    private enum Evidence
    {
        Sent,
        NotSent,
        Unknown,
    }

    public Task<ScarStep> SendAsync(ScarExecution execution, CancellationToken cancellationToken) =>
        execution.Status == ScarStatus.Prepared ? BeginAsync(execution, cancellationToken) : ResumeAsync(execution, cancellationToken);

    private async Task<ScarStep> BeginAsync(ScarExecution execution, CancellationToken cancellationToken)
    {
        await client.UseStreamAsync(cancellationToken);
        var before = await client.MessagesAsync(execution.ConversationId, cancellationToken);
        if (before.Count == 0)
        {
            return new ScarStep(ScarStage.Select); // restarted since the selection, whose answers are gone: select again
        }

        return await store.ClaimAsync(execution, before, cancellationToken) ? await PostAsync(execution, cancellationToken) : new ScarStep(ScarStage.Send);
    }

    private async Task<ScarStep> ResumeAsync(ScarExecution execution, CancellationToken cancellationToken)
    {
        switch (await WeighAsync(execution, cancellationToken))
        {
            case Evidence.Sent:
                return await FenceAsync(execution, cancellationToken);
            case Evidence.NotSent:
                await client.UseStreamAsync(cancellationToken);
                var before = await client.MessagesAsync(execution.ConversationId, cancellationToken);
                return before.Count >= execution.NextIndex && await store.MoveAsync(execution, before, cancellationToken)
                    ? await PostAsync(execution, cancellationToken)
                    : new ScarStep(ScarStage.Send);
            default:
                var why = await canary.ExplainAsync(client, cancellationToken);
                return await ending.EndAsync(
                    execution, ScarOutcome.Unknown, $"{why} while the command was being sent, so it is not known whether it ran; look at the repository before you repeat it", cancellationToken);
        }
    }

    private async Task<ScarStep> PostAsync(ScarExecution execution, CancellationToken cancellationToken)
    {
        try
        {
            await client.SendAsync(execution.ConversationId, execution.CommandText(options.Value.BriefUrl(execution.BriefToken)), cancellationToken);
        }
        catch (ScarException fault) when (fault.Fault == ScarFault.Refused)
        {
            await store.ReleaseAsync(execution, CancellationToken.None);
            throw;
        }

        return await FenceAsync(execution, cancellationToken);
    }

    // A fence more than once does no harm: the first answer counts.
    private async Task<ScarStep> FenceAsync(ScarExecution execution, CancellationToken cancellationToken)
    {
        await client.SendAsync(execution.ConversationId, ScarReplies.FenceCommand(execution.Fence), cancellationToken);
        await store.RunningAsync(execution, cancellationToken);
        return new ScarStep(ScarStage.Poll, Wait: true);
    }

    private async Task<Evidence> WeighAsync(ScarExecution execution, CancellationToken cancellationToken)
    {
        if (await SeesWorkAsync() is { } early)
        {
            return early;
        }

        // Queued or at work: the command can only be what it is busy with, since our questions were all answered before the claim.
        if ((await client.LoadAsync(cancellationToken)).Lists(execution.ConversationId))
        {
            return Evidence.Sent;
        }

        // It may have ended between the two answers; and it may have ended without a word, which only the session shows.
        if (await SeesWorkAsync() is { } late)
        {
            return late;
        }

        var status = (await dialogue.AskAsync(execution.ConversationId, ["/status"], cancellationToken))[0];
        return RepositorySelection.HasSession(status) ? Evidence.Sent : Evidence.NotSent;

        async Task<Evidence?> SeesWorkAsync()
        {
            var messages = await client.MessagesAsync(execution.ConversationId, cancellationToken);
            return !execution.Knows(messages) ? Evidence.Unknown
                : messages.Skip(execution.NextIndex).Any(message => !ScarReplies.IsProbe(message.Message)) || ScarReplies.FindFence(messages, execution.NextIndex, execution.Fence) is not null ? Evidence.Sent
                : null;
        }
    }
}
