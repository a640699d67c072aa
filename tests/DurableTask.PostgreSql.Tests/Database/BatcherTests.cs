using System.Collections.Concurrent;
using DurableTask.PostgreSql.Database;

namespace DurableTask.PostgreSql.Tests.Database;

public sealed class BatcherTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly List<Trip> trips = [];

    [Fact]
    public async Task Who_is_alone_goes_at_once_and_alone()
    {
        var batcher = Batcher();
        var answer = batcher.AskAsync(1);
        End(await TripAsync(0, 1));
        Assert.Equal(-1, await answer.WaitAsync(Patience));
    }

    [Fact]
    public async Task What_is_asked_meanwhile_goes_together_in_the_next_trip()
    {
        var batcher = Batcher();
        Task<int>[] answers = [.. Enumerable.Range(1, 3).Select(batcher.AskAsync)];
        var first = await TripAsync(0, 1);
        Assert.Single(trips);
        End(first);
        End(await TripAsync(1, 2, 3));
        await AnsweredAsync(answers);
    }

    [Fact]
    public async Task A_crowd_does_not_wait_for_the_trip_that_is_under_way()
    {
        var batcher = Batcher(lanes: 2, crowd: 3);
        Task<int>[] answers = [.. Enumerable.Range(1, 3).Select(batcher.AskAsync)];
        var first = await TripAsync(0, 1);
        Assert.Single(trips);
        answers = [.. answers, batcher.AskAsync(4)];
        var second = await TripAsync(1, 2, 3, 4);

        // Two are no crowd: they wait for whoever comes back last.
        answers = [.. answers, batcher.AskAsync(5), batcher.AskAsync(6)];
        End(second);
        await Task.WhenAll(answers[1..4]).WaitAsync(Patience);
        End(first);
        End(await TripAsync(2, 5, 6));
        await AnsweredAsync(answers);
    }

    [Fact]
    public async Task A_crowd_is_no_smaller_than_the_trip_that_is_under_way()
    {
        var batcher = Batcher(lanes: 2, crowd: 2);
        Task<int>[] answers = [.. Enumerable.Range(1, 7).Select(batcher.AskAsync)];
        var first = await TripAsync(0, 1);
        End(await TripAsync(1, 2, 3));
        var large = await TripAsync(2, 4, 5, 6, 7);
        End(first);
        await Task.WhenAll(answers[..3]).WaitAsync(Patience);
        answers = [.. answers, .. Enumerable.Range(8, 3).Select(batcher.AskAsync)];
        Assert.Equal(3, trips.Count);
        answers = [.. answers, batcher.AskAsync(11)];
        End(await TripAsync(3, 8, 9, 10, 11));
        End(large);
        await AnsweredAsync(answers);
    }

    [Fact]
    public async Task A_trip_takes_no_more_than_it_may()
    {
        var batcher = Batcher(most: 2);
        Task<int>[] answers = [.. Enumerable.Range(1, 4).Select(batcher.AskAsync)];
        End(await TripAsync(0, 1));
        End(await TripAsync(1, 2, 3));
        End(await TripAsync(2, 4));
        await AnsweredAsync(answers);
    }

    // What cannot even be sent, as half of a surrogate pair, is one request's fault; a connection that is gone is nobody's.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Those_who_shared_a_trip_with_a_request_that_fails_are_tried_by_themselves_unless_the_connection_is_gone(bool isGone)
    {
        var batcher = Batcher();
        Task<int>[] answers = [.. Enumerable.Range(1, 3).Select(batcher.AskAsync)];
        End(await TripAsync(0, 1));
        var together = await TripAsync(1, 2, 3);
        together.Answer.SetException(isGone ? new Npgsql.NpgsqlException("gone") : new System.Text.EncoderFallbackException("half"));
        if (isGone)
        {
            await Assert.ThrowsAsync<Npgsql.NpgsqlException>(() => answers[1].WaitAsync(Patience));
            await Assert.ThrowsAsync<Npgsql.NpgsqlException>(() => answers[2].WaitAsync(Patience));
            return;
        }

        (await TripAsync(2, 2)).Answer.SetException(new System.Text.EncoderFallbackException("half"));
        End(await TripAsync(3, 3));
        await Assert.ThrowsAsync<System.Text.EncoderFallbackException>(() => answers[1].WaitAsync(Patience));
        Assert.Equal(-3, await answers[2].WaitAsync(Patience));
    }

    [Fact]
    public async Task It_ends_when_everything_is_answered_and_takes_nothing_more()
    {
        var batcher = Batcher();
        Task<int>[] answers = [batcher.AskAsync(1), batcher.AskAsync(2)];
        var end = batcher.CompleteAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => batcher.AskAsync(3));
        End(await TripAsync(0, 1));
        Assert.False(end.IsCompleted);
        End(await TripAsync(1, 2));
        await end.WaitAsync(Patience);
        await AnsweredAsync(answers);
    }

    [Fact]
    public async Task Who_does_not_leave_yet_stays_behind_and_goes_with_a_later_trip()
    {
        ConcurrentDictionary<int, bool> busy = new([new(2, true)]);
        var batcher = Batcher(leaves: request => !busy.ContainsKey(request));
        Task<int>[] answers = [.. Enumerable.Range(1, 3).Select(batcher.AskAsync)];
        End(await TripAsync(0, 1));
        var second = await TripAsync(1, 3);
        busy.Clear();
        batcher.SetOut();
        End(second);
        End(await TripAsync(2, 2));
        await AnsweredAsync(answers);
    }

    [Fact]
    public async Task Who_is_alone_and_does_not_leave_yet_keeps_nobody_waiting_and_is_waited_for_at_the_end()
    {
        ConcurrentDictionary<int, bool> busy = new([new(1, true)]);
        var batcher = Batcher(leaves: request => !busy.ContainsKey(request));
        var stays = batcher.AskAsync(1);
        batcher.SetOut();
        var goes = batcher.AskAsync(2);
        End(await TripAsync(0, 2));
        Assert.Equal(-2, await goes.WaitAsync(Patience));
        var end = batcher.CompleteAsync();
        Assert.False(end.IsCompleted);
        busy.Clear();
        batcher.SetOut();
        End(await TripAsync(1, 1));
        Assert.Equal(-1, await stays.WaitAsync(Patience));
        await end.WaitAsync(Patience);
    }

    private Batcher<int, int> Batcher(int lanes = 1, int crowd = 1, int most = 100, Func<int, bool>? leaves = null) =>
        new(ExecuteAsync, lanes, () => crowd, most, TaskScheduler.Default, leaves);

    private Task<IReadOnlyList<int>> ExecuteAsync(IReadOnlyList<int> requests)
    {
        var trip = new Trip(requests, new TaskCompletionSource<IReadOnlyList<int>>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (trips)
        {
            trips.Add(trip);
        }

        return trip.Answer.Task;
    }

    private async Task<Trip> TripAsync(int place, params int[] requests)
    {
        using var late = new CancellationTokenSource(Patience);
        while (true)
        {
            lock (trips)
            {
                if (trips.Count > place)
                {
                    Assert.Equal(requests, trips[place].Requests);
                    return trips[place];
                }
            }

            await Task.Delay(1, late.Token);
        }
    }

    private static void End(Trip trip) => trip.Answer.SetResult([.. trip.Requests.Select(request => -request)]);

    // Asked were 1, 2, 3 …
    private static async Task AnsweredAsync(Task<int>[] answers) => Assert.Equal(Enumerable.Range(1, answers.Length).Select(request => -request), await Task.WhenAll(answers).WaitAsync(Patience));

    private sealed record Trip(IReadOnlyList<int> Requests, TaskCompletionSource<IReadOnlyList<int>> Answer);
}
