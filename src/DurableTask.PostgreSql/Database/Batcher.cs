using System.Threading.Channels;
using Npgsql;

namespace DurableTask.PostgreSql.Database;

// Many callers, few round trips: what was asked while the last trip was under way goes together in the next one. When the server refuses a trip, each request is tried
// by itself, so that one does not take the others down.
internal sealed class Batcher<TRequest, TAnswer>(Func<IReadOnlyList<TRequest>, Task<IReadOnlyList<TAnswer>>> execute, int most)
{
    private readonly Channel<Pending> waiting = Channel.CreateUnbounded<Pending>();

    public Task<TAnswer> AskAsync(TRequest request)
    {
        var pending = new Pending(request);
        return waiting.Writer.TryWrite(pending) ? pending.Answer.Task : throw new OperationCanceledException("The worker has stopped.");
    }

    // One lane; several may run side by side. Ends when Complete was called and everything asked before is answered.
    public async Task RunAsync()
    {
        List<Pending> together = [];
        while (await waiting.Reader.WaitToReadAsync())
        {
            while (together.Count < most && waiting.Reader.TryRead(out var next))
            {
                together.Add(next);
            }

            if (together.Count > 0)
            {
                await AnswerAsync(together);
                together.Clear();
            }
        }
    }

    public void Complete() => waiting.Writer.TryComplete();

    private async Task AnswerAsync(IReadOnlyList<Pending> together)
    {
        try
        {
            var answers = await execute([.. together.Select(one => one.Request)]);
            for (var n = 0; n < together.Count; n++)
            {
                together[n].Answer.SetResult(answers[n]);
            }
        }
        catch (PostgresException) when (together.Count > 1)
        {
            foreach (var one in together)
            {
                await AnswerAsync([one]);
            }
        }
        catch (Exception exception)
        {
            foreach (var one in together)
            {
                one.Answer.TrySetException(exception);
            }
        }
    }

    private sealed record Pending(TRequest Request)
    {
        public TaskCompletionSource<TAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
