using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Scar.Wire;

namespace OrchestratorFunctions.Scar.Http;

/// <summary>
/// Looks once how far a run is and keeps what the agent said. Only the fence proves the end; silence proves nothing, since three minutes of it
/// are normal when the agent's model is in trouble.
/// </summary>
internal sealed class HttpPolling(
    NpgsqlDataSource dataSource, ScarStore store, ScarEnding ending, ScarProgress progress, OutboxNudge nudge, ScarClient client, ScarCanary canary, IOptions<ScarOptions> options, TimeProvider time)
{
    public async Task<ScarStep> PollAsync(ScarExecution execution, CancellationToken cancellationToken)
    {
        var messages = await client.MessagesAsync(execution.ConversationId, cancellationToken);
        var fence = FindFence(execution, messages);
        var lost = !execution.Knows(messages);
        if (fence is null && !lost && !(await client.LoadAsync(cancellationToken)).Lists(execution.ConversationId))
        {
            // It may have ended between the two answers. When it has not, and nothing is queued either, the fence is lost.
            messages = await client.MessagesAsync(execution.ConversationId, cancellationToken);
            fence = FindFence(execution, messages);
            lost = !execution.Knows(messages) || fence is null;
        }

        var verdict = lost && !execution.Knows(messages) ? await LostAsync(cancellationToken)
            : fence is { } end ? ScarReplies.Judge(messages.Take(end).Skip(execution.SentIndex!.Value).Select(message => message.Message), execution.Nonce)
            : lost ? await LostAsync(cancellationToken)
            : time.GetUtcNow() - execution.SentAt > options.Value.Timeout ? ScarVerdict.TimedOut(options.Value.TimeoutSeconds)
            : null;
        await RecordAsync(execution, messages, fence, verdict, cancellationToken);
        return verdict is null ? new ScarStep(ScarStage.Poll, Wait: true, News: messages.Count > execution.NextIndex) : ScarStep.For(await store.GetAsync(execution.Id, cancellationToken));
    }

    private async Task RecordAsync(ScarExecution execution, IReadOnlyList<ScarMessage> messages, int? fence, ScarVerdict? verdict, CancellationToken cancellationToken)
    {
        var said = await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                if (execution.Knows(messages))
                {
                    await store.AppendFeedAsync(connection, execution, messages, fence ?? messages.Count, token);
                }

                if (verdict is null)
                {
                    return await progress.ReportAsync(connection, execution, messages, token);
                }

                await ending.EndAsync(connection, execution, verdict, fenceSeen: fence is not null, token);
                return true;
            },
            cancellationToken);
        if (said)
        {
            nudge.For(execution.Address);
        }
    }

    private static int? FindFence(ScarExecution execution, IReadOnlyList<ScarMessage> messages) => ScarReplies.FindFence(messages, execution.SentIndex!.Value, execution.Fence);

    private async Task<ScarVerdict> LostAsync(CancellationToken cancellationToken) => ScarVerdict.Without(
        ScarOutcome.Unknown,
        $"{await canary.ExplainAsync(client, cancellationToken)}, so it is not known whether the command finished; what it began may still be at work, so look at the repository before you repeat it");
}
