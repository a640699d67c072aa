using DurableTask;
using Npgsql;
using OrchestratorFunctions.Ai;
using OrchestratorFunctions.Database;
using OrchestratorFunctions.Inbox;
using OrchestratorFunctions.Operations;
using OrchestratorFunctions.Operations.Telemetry;
using OrchestratorFunctions.Outbox;

namespace OrchestratorFunctions.Conversations;

/// <summary>
/// Takes the oldest open row of a chat. Reply, proposals and "done" are one transaction, and none is held during a model call: of
/// two overlapping runs of one row, the second finds it done and rolls back.
/// </summary>
internal sealed class HandleNextMessage(
    NpgsqlDataSource dataSource, InboxStore inbox, OrderedCommands commands, RepositoryCommand repository, TalkTurn talk, OutboxStore outbox, OutboxNudge nudge, Wakeups wakeups, AppMetrics metrics, TimeProvider time, ILogger<HandleNextMessage> logger)
    : TaskActivity<string, NextTurn>
{
    // The row is set aside at the fifth failure that is not the model vendor's.
    private const int MostAttempts = 5;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstPauseAfterNonsense = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    public override async Task<NextTurn> RunAsync(TaskActivityContext context, string input)
    {
        var cancellationToken = context.CancellationToken;
        var claim = await dataSource.InTransactionAsync((connection, token) => inbox.ClaimOldestAsync(connection, input, token), cancellationToken);
        if (claim is null)
        {
            return new NextTurn(Handled: false);
        }

        if (claim.DueIn > TimeSpan.Zero)
        {
            return new NextTurn(Handled: false, claim.DueIn);
        }

        using var span = AppTracing.Continue("inbox handle", claim.Row.Traceparent);
        try
        {
            // The count includes this attempt: a row that kills the process never gets to the catch below.
            if (claim.Row.Attempts > MostAttempts)
            {
                await ParkAsync(claim.Row, "it was taken up too often without an end", cancellationToken);
                return new NextTurn(Handled: true);
            }

            await wakeups.SendAsync(await HandleAsync(claim.Row, cancellationToken), cancellationToken);
            metrics.Delivery(input, "done");
            return new NextTurn(Handled: true);
        }
        catch (ModelUnavailableException down)
        {
            return await ApologiseAsync(claim.Row, down, cancellationToken);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return await FailedAsync(claim.Row, fault, cancellationToken);
        }
        finally
        {
            nudge.For(input);
        }
    }

    private async Task<IReadOnlyList<Wakeup>> HandleAsync(InboxRow row, CancellationToken cancellationToken)
    {
        if (row.Kind == DeliveryKind.Text)
        {
            return await talk.TakeAsync(row, cancellationToken);
        }

        var check = await repository.AskAsync(row, cancellationToken);
        return await dataSource.InTransactionAsync(
            async (connection, token) => await inbox.DoneAsync(connection, row.Id, token) ? await commands.RunAsync(connection, row, check, token) : [], cancellationToken);
    }

    // The vendor's outage is waited out: the words are kept, one apology is said, and buttons and /status do not wait behind it.
    private async Task<NextTurn> ApologiseAsync(InboxRow row, ModelUnavailableException down, CancellationToken cancellationToken)
    {
        metrics.Delivery(row.Address, "retried");
        logger.LogWarning("The model is not available, message {Id} waits: {Reason}", row.Id, down.Message);
        var age = time.GetUtcNow() - row.ReceivedAt;
        var pause = Between(age / 2);
        await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                await inbox.WaitForVendorAsync(connection, row.Id, pause, "the model is not available", token);
                await outbox.AppendAsync(
                    connection, new OutboxMessage(row.Address, $"inbox:{row.Id}:apology", "Sorry, my language model does not answer right now. I have your message and answer it as soon as it is back."), token);
            },
            cancellationToken);
        return new NextTurn(Handled: false, pause);
    }

    private async Task<NextTurn> FailedAsync(InboxRow row, Exception fault, CancellationToken cancellationToken)
    {
        logger.LogError(fault, "Message {Id} of {Address} failed, attempt {Attempt} of {Most}", row.Id, row.Address, row.Attempts, MostAttempts);
        if (row.Attempts >= MostAttempts)
        {
            await ParkAsync(row, fault.GetType().Name, cancellationToken);
            return new NextTurn(Handled: true);
        }

        // A model that answers nonsense is more often a gateway in trouble than this message's fault: it gets minutes, not seconds.
        metrics.Delivery(row.Address, "retried");
        var model = fault is ModelAnswerException;
        var pause = Between(model ? FirstPauseAfterNonsense * Math.Pow(3, row.Attempts - 1) : ShortestPause * Math.Pow(2, row.Attempts - 1));
        await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                await inbox.RetryLaterAsync(connection, row.Id, pause, fault.GetType().Name, token);
                if (model)
                {
                    await outbox.AppendAsync(
                        connection, new OutboxMessage(row.Address, $"inbox:{row.Id}:apology", "Sorry, my language model gives no usable answer right now. I have your message and try again in a moment."), token);
                }
            },
            cancellationToken);
        return new NextTurn(Handled: false, pause);
    }

    private async Task ParkAsync(InboxRow row, string reason, CancellationToken cancellationToken)
    {
        await dataSource.InTransactionAsync(
            async (connection, token) =>
            {
                await inbox.ParkAsync(connection, row.Id, reason, token);
                await outbox.AppendAsync(
                    connection, new OutboxMessage(row.Address, $"inbox:{row.Id}:parked", $"Sorry, I could not handle one of your messages; my operator sees it as number {row.Id}. Please go on, or say it differently."), token);
            },
            cancellationToken);
        metrics.Delivery(row.Address, "parked");
    }

    private static TimeSpan Between(TimeSpan pause) => pause < ShortestPause ? ShortestPause : pause > LongestPause ? LongestPause : pause;
}
