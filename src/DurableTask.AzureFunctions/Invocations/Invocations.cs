using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DurableTask.AzureFunctions;

// Counts the invocations that run. When the process is told to end, it goes on answering while they do: a connection that breaks, or is refused, fails an instance
// for good, while an episode that is given back comes again elsewhere.
internal sealed class Invocations(FunctionsOptions options, TimeProvider time, ILogger<Invocations> log) : IHostedLifecycleService
{
    private readonly TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int count;
    private volatile bool ending;

    public bool Ending => ending;

    public IDisposable Begin()
    {
        Interlocked.Increment(ref count);
        return new Counted(this);
    }

    // Comes before any service is stopped, the web server among them.
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        ending = true;
        Look();
        if (await Task.WhenAny(idle.Task, Task.Delay(options.ShutdownGrace, time, cancellationToken)) != idle.Task)
        {
            log.LogWarning("The process ends with {Count} invocations open; the host runs them again", Volatile.Read(ref count));
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Look()
    {
        if (ending && Volatile.Read(ref count) == 0)
        {
            idle.TrySetResult();
        }
    }

    private sealed class Counted(Invocations all) : IDisposable
    {
        public void Dispose()
        {
            Interlocked.Decrement(ref all.count);
            all.Look();
        }
    }
}
