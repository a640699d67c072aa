using Microsoft.Extensions.Logging;

namespace DurableTask.PostgreSql.Hub;

// Does a thing again and again: at once while there is more of it, else when signalled or when the time is up that the last go named. Never ends by an exception.
internal sealed class Loop(string what, Signal signal, TimeSpan afterTrouble, TimeProvider time, ILogger log)
{
    // As good as for ever; what the runtime can wait for ends at 49 days.
    public static readonly TimeSpan UntilTold = TimeSpan.FromDays(1);

    public async Task RunAsync(Func<CancellationToken, Task<TimeSpan>> go, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var wait = afterTrouble;
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
                await signal.WaitAsync(wait < UntilTold ? wait : UntilTold, time, stop);
            }
        }
    }
}
