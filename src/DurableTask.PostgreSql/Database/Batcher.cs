using Npgsql;

namespace DurableTask.PostgreSql.Database;

/// <summary>
/// Many callers, few round trips: who finds a free lane makes the trip, with everything that was asked meanwhile; what is asked while all lanes are under way goes together in
/// the next trip. So one alone waits for no other thread. When the server refuses a trip, each request is tried by itself, so that one does not take the others down.
/// </summary>
/// <param name="execute">Makes a trip: an answer for each request, in their order.</param>
/// <param name="lanes">How many trips are under way at a time.</param>
/// <param name="most">How many requests share a trip.</param>
/// <param name="scheduler">Where the trips after the first are made.</param>
/// <typeparam name="TRequest">What is asked.</typeparam>
/// <typeparam name="TAnswer">What is answered.</typeparam>
public sealed class Batcher<TRequest, TAnswer>(Func<IReadOnlyList<TRequest>, Task<IReadOnlyList<TAnswer>>> execute, int lanes, int most, TaskScheduler scheduler)
{
    private readonly Queue<Pending> waiting = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private int underWay;
    private bool isComplete;

    /// <summary>Asks, and returns the answer when its trip has ended.</summary>
    public Task<TAnswer> AskAsync(TRequest request)
    {
        var mine = new Pending(request);
        lock (gate)
        {
            if (isComplete)
            {
                throw new OperationCanceledException("The worker has stopped.");
            }

            // While a lane is free, nobody waits.
            if (underWay == lanes)
            {
                waiting.Enqueue(mine);
                return mine.Answer.Task;
            }

            underWay++;
        }

        return LeadAsync(mine);
    }

    /// <summary>Takes nothing more; ends when everything asked before is answered.</summary>
    public Task CompleteAsync()
    {
        lock (gate)
        {
            isComplete = true;
            if (underWay == 0)
            {
                ended.TrySetResult();
            }
        }

        return ended.Task;
    }

    private async Task<TAnswer> LeadAsync(Pending mine)
    {
        await AnswerAsync([mine]);
        // The caller goes on with its answer; what has gathered meanwhile is for somebody else.
        if (Next() is { } gathered)
        {
            _ = Task.Factory.StartNew(() => DrainAsync(gathered), CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
        }

        return await mine.Answer.Task;
    }

    private async Task DrainAsync(Pending[] first)
    {
        for (var together = first; together is not null; together = Next())
        {
            await AnswerAsync(together);
        }
    }

    // Or the lane is free again.
    private Pending[]? Next()
    {
        lock (gate)
        {
            if (waiting.Count > 0)
            {
                var together = new Pending[Math.Min(waiting.Count, most)];
                for (var n = 0; n < together.Length; n++)
                {
                    together[n] = waiting.Dequeue();
                }

                return together;
            }

            underWay--;
            if (isComplete && underWay == 0)
            {
                ended.TrySetResult();
            }

            return null;
        }
    }

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
