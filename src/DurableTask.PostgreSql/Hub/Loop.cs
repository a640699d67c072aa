using Microsoft.Extensions.Logging;

namespace DurableTask.PostgreSql.Hub;

// Does a thing again and again: at once while there is more of it, else when signalled or when the time is up that the last go named. Never ends by an exception.
internal sealed class Loop(string what, Signal signal, TimeSpan atMost, TimeProvider time, ILogger log)
{
    public async Task RunAsync(Func<CancellationToken, Task<TimeSpan>> go, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var wait = atMost;
            try
            {
                wait = await go(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                log.LogError(exception, "{Loop} could not be done; it is tried again", what);
            }

            if (wait > TimeSpan.Zero)
            {
                await signal.WaitAsync(wait < atMost ? wait : atMost, time, stop);
            }
        }
    }
}
