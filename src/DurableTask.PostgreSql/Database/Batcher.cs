using Npgsql;

namespace DurableTask.PostgreSql.Database;

/// <summary>
/// Many callers, few round trips: who finds nobody under way makes the trip, and so waits for no other thread; what is asked meanwhile goes together in the next one. Another trip
/// sets out beside it only with a crowd that is no smaller: two small ones cost the server more than one that is twice as large. When the server refuses a trip, each request is
/// tried by itself, so that one does not take the others down.
/// </summary>
/// <param name="execute">Makes a trip: an answer for each request, in their order.</param>
/// <param name="lanes">How many trips are under way at a time.</param>
/// <param name="crowd">How many must at least wait, at this moment, for a trip to set out while another is under way.</param>
/// <param name="most">How many requests share a trip.</param>
/// <param name="scheduler">Where the trips after the first are made.</param>
/// <typeparam name="TRequest">What is asked.</typeparam>
/// <typeparam name="TAnswer">What is answered.</typeparam>
public sealed class Batcher<TRequest, TAnswer>(Func<IReadOnlyList<TRequest>, Task<IReadOnlyList<TAnswer>>> execute, int lanes, Func<int> crowd, int most, TaskScheduler scheduler)
{
    private readonly Queue<Pending> waiting = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private int trips;
    private int carried;
    private bool isComplete;

    private bool IsCrowd => waiting.Count >= Math.Max(crowd(), carried);

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

            if (trips > 0)
            {
                waiting.Enqueue(mine);
                if (trips < lanes && IsCrowd)
                {
                    trips++;
                    SetOut(Gathered());
                }

                return mine.Answer.Task;
            }

            trips++;
            carried++;
        }

        return LeadAsync(mine);
    }

    /// <summary>Takes nothing more; ends when everything asked before is answered.</summary>
    public Task CompleteAsync()
    {
        lock (gate)
        {
            isComplete = true;
            if (trips == 0)
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
        if (Next(after: 1) is { } gathered)
        {
            SetOut(gathered);
        }

        return await mine.Answer.Task;
    }

    private void SetOut(Pending[] first) => _ = Task.Factory.StartNew(() => DrainAsync(first), CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);

    private async Task DrainAsync(Pending[] first)
    {
        for (var together = first; together is not null; together = Next(after: together.Length))
        {
            await AnswerAsync(together);
        }
    }

    // Or the lane is free again.
    private Pending[]? Next(int after)
    {
        lock (gate)
        {
            carried -= after;
            if (trips == 1 ? waiting.Count > 0 : IsCrowd)
            {
                return Gathered();
            }

            trips--;
            if (isComplete && trips == 0)
            {
                ended.TrySetResult();
            }

            return null;
        }
    }

    private Pending[] Gathered()
    {
        var together = new Pending[Math.Min(waiting.Count, most)];
        for (var n = 0; n < together.Length; n++)
        {
            together[n] = waiting.Dequeue();
        }

        carried += together.Length;
        return together;
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
        // A connection that is gone is nobody's fault here; anything else may be.
        catch (Exception exception) when (together.Count > 1 && exception is PostgresException or not NpgsqlException)
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
