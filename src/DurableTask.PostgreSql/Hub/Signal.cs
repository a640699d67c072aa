using System.Threading.Channels;

namespace DurableTask.PostgreSql.Hub;

// "There may be something to do." Set before anyone waits, it is kept; set often, it counts once.
internal sealed class Signal
{
    private readonly Channel<bool> channel = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private long times;

    // How often it has been set.
    public long Times => Volatile.Read(ref times);

    public void Set()
    {
        Interlocked.Increment(ref times);
        channel.Writer.TryWrite(true);
    }

    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken stop)
    {
        if (channel.Reader.TryRead(out _))
        {
            return;
        }

        using var timeout = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stop);
        try
        {
            await channel.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // The time is up or the worker stops; the caller looks which.
        }
    }
}
