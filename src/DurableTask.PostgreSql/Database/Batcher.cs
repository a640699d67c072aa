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
/// <param name="leaves">Whether a request goes along with the trip that is setting out; once it does, it is not asked again. One that stays goes with a later trip: who lets it go says <see cref="SetOut()"/>. Default: all go.</param>
/// <typeparam name="TRequest">What is asked.</typeparam>
/// <typeparam name="TAnswer">What is answered.</typeparam>
public sealed class Batcher<TRequest, TAnswer>(Func<IReadOnlyList<TRequest>, Task<IReadOnlyList<TAnswer>>> execute, int lanes, Func<int> crowd, int most, TaskScheduler scheduler, Func<TRequest, bool>? leaves = null)
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

            if (trips > 0 || !Leaves(mine))
            {
                waiting.Enqueue(mine);
                SetOutWithCrowd();
                return mine.Answer.Task;
            }

            trips++;
            carried++;
        }

        return LeadAsync(mine);
    }

    /// <summary>A request that has stayed behind may go: if nobody is under way who will take it along, a trip sets out.</summary>
    public void SetOut()
    {
        lock (gate)
        {
            SetOutWithCrowd();
        }
    }

    /// <summary>Takes nothing more; ends when everything asked before is answered.</summary>
    public Task CompleteAsync()
    {
        lock (gate)
        {
            isComplete = true;
            EndWhenAllIsAnswered();
        }

        return ended.Task;
    }

    private bool Leaves(Pending one) => leaves is null || leaves(one.Request);

    private void SetOutWithCrowd()
    {
        if (trips == 0 ? waiting.Count > 0 : trips < lanes && IsCrowd)
        {
            trips++;
            if (Gathered() is { } together)
            {
                SetOut(together);
            }
            else
            {
                trips--;
            }
        }
    }

    private void EndWhenAllIsAnswered()
    {
        if (isComplete && trips == 0 && waiting.Count == 0)
        {
            ended.TrySetResult();
        }
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

    private void SetOut(List<Pending> first) => _ = Task.Factory.StartNew(() => DrainAsync(first), CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);

    private async Task DrainAsync(List<Pending> first)
    {
        for (var together = first; together is not null; together = Next(after: together.Count))
        {
            await AnswerAsync(together);
        }
    }

    // Or the lane is free again.
    private List<Pending>? Next(int after)
    {
        lock (gate)
        {
            carried -= after;
            if ((trips == 1 ? waiting.Count > 0 : IsCrowd) && Gathered() is { } together)
            {
                return together;
            }

            trips--;
            EndWhenAllIsAnswered();
            return null;
        }
    }

    // Null: all who wait stay behind.
    private List<Pending>? Gathered()
    {
        List<Pending> together = new(Math.Min(waiting.Count, most));
        for (var looked = waiting.Count; looked > 0 && together.Count < most; looked--)
        {
            var one = waiting.Dequeue();
            if (Leaves(one))
            {
                together.Add(one);
            }
            else
            {
                waiting.Enqueue(one);
            }
        }

        carried += together.Count;
        return together.Count > 0 ? together : null;
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
