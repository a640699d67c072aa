namespace TestKit.Http;

/// <summary>Wakes those who wait for a condition: whoever changes something pulses.</summary>
public sealed class Signal
{
    private volatile TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Pulse() => Interlocked.Exchange(ref next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>Waits until <paramref name="condition"/> holds; fails with <paramref name="waitedFor"/> after <paramref name="deadline"/> (default 15 s).</summary>
    public async Task UntilAsync(Func<bool> condition, string waitedFor, TimeSpan? deadline = null, Func<string>? scene = null)
    {
        using var late = new CancellationTokenSource(deadline ?? TimeSpan.FromSeconds(15));
        while (true)
        {
            // Taken before the look, so that a change between look and wait is not missed.
            var change = next.Task;
            if (condition())
            {
                return;
            }

            try
            {
                await change.WaitAsync(late.Token);
            }
            catch (OperationCanceledException end)
            {
                throw new TimeoutException($"Waited {deadline ?? TimeSpan.FromSeconds(15):g} for {waitedFor}.{(scene is null ? "" : "\n" + scene())}", end);
            }
        }
    }
}
