using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.GitHub.Agent;
using OrchestratorFunctions.Outbox;
using OrchestratorFunctions.Scar.Wire;

namespace OrchestratorFunctions.Scar.OnGitHub;

/// <summary>
/// The coding agent by comments. There is no fence: the end is the line with our nonce, in a comment of the agent's own account. What is
/// said by nobody in time is a failure, as on HTTP.
/// </summary>
internal sealed class GitHubTransport(
    NpgsqlDataSource dataSource, ScarStore store, ScarEnding ending, ScarProgress progress, ScarBriefs briefs, OutboxNudge nudge, AgentThread thread, IOptions<ScarOptions> options, TimeProvider time)
    : IScarTransport
{
    public async Task<ScarStep> SelectAsync(ScarExecution execution, CancellationToken cancellationToken) =>
        await thread.OpenAsync(execution.Id, execution.ProjectId, execution.Repository, execution.Address, cancellationToken) switch
        {
            Posted.Refused(var reason) => await ending.EndAsync(execution, ScarOutcome.Failed, reason, cancellationToken),
            Posted.Later(var reason) when IsLate(execution.CreatedAt) => await ending.EndAsync(execution, ScarOutcome.Failed, reason, cancellationToken),
            Posted.Later => new ScarStep(ScarStage.Select, Wait: true),
            _ => new ScarStep(ScarStage.Send),
        };

    public async Task<ScarStep> SendAsync(ScarExecution execution, CancellationToken cancellationToken)
    {
        // Claimed first, so that a stop from here on says that the agent may have it.
        if (execution.Status == ScarStatus.Prepared)
        {
            await store.ClaimAsync(execution, [], cancellationToken);
            execution = await store.GetAsync(execution.Id, cancellationToken);
        }

        if (execution.Status != ScarStatus.Sending)
        {
            return ScarStep.For(execution);
        }

        var documents = await briefs.OfAsync(execution, cancellationToken);
        switch (await thread.PostAsync(execution.Id, issue => GitHubCommand.Render(execution, documents, thread.Mention, issue), execution.SentAt!.Value, cancellationToken))
        {
            case Posted.Refused(var reason):
                return await ending.EndAsync(execution, ScarOutcome.Failed, reason, cancellationToken);
            case Posted.Later(var reason):
                return IsLate(execution.SentAt.Value)
                    ? await ending.EndAsync(execution, ScarOutcome.Unknown, $"{reason}; it is not known whether the command was posted", cancellationToken)
                    : new ScarStep(ScarStage.Send, Wait: true);
            default:
                await store.RunningAsync(execution, CancellationToken.None);
                return new ScarStep(ScarStage.Poll, Wait: true);
        }
    }

    public async Task<ScarStep> PollAsync(ScarExecution execution, CancellationToken cancellationToken)
    {
        var late = IsLate(execution.SentAt!.Value);
        var looked = await thread.CatchUpAsync(execution.Id, execution.SentAt.Value, now: late, cancellationToken);
        var messages = (await thread.RepliesAsync(execution.Id, cancellationToken))
            .Select(reply => new ScarMessage(WithoutQuotations(reply.Text), reply.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)))
            .Where(message => message.Message.Length > 0 && !ScarReplies.EndsAnother(message.Message, execution.Nonce)).ToList();
        var said = messages.Select(message => message.Message).ToList();
        var ended = ScarReplies.SayTheEnd(said, execution.Nonce);
        var verdict = ended ? ScarReplies.Judge(said, execution.Nonce)
            : late && looked is not Posted.Later ? ScarVerdict.TimedOut(options.Value.TimeoutSeconds)
            : null;
        await RecordAsync(execution, messages, verdict, ended, cancellationToken);
        return verdict is null ? new ScarStep(ScarStage.Poll, Wait: true, News: messages.Count > execution.NextIndex) : ScarStep.For(await store.GetAsync(execution.Id, cancellationToken));
    }

    private async Task RecordAsync(ScarExecution execution, List<ScarMessage> messages, ScarVerdict? verdict, bool ended, CancellationToken cancellationToken)
    {
        var spoke = await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                if (verdict is not null || messages.Count != execution.NextIndex)
                {
                    await store.ReplaceFeedAsync(connection, execution, messages, token);
                }

                if (verdict is null)
                {
                    return await progress.ReportAsync(connection, execution, messages, token);
                }

                await ending.EndAsync(connection, execution, verdict, fenceSeen: ended, token);
                return true;
            },
            cancellationToken);
        if (spoke)
        {
            nudge.For(execution.Address);
        }
    }

    private bool IsLate(DateTimeOffset since) => time.GetUtcNow() - since > options.Value.Timeout;

    // Who quotes a line has not said it.
    private static string WithoutQuotations(string text) =>
        string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Where(line => !line.TrimStart().StartsWith('>'))).Trim();
}
