namespace OrchestratorFunctions.Operations;

/// <summary>
/// Finds what a lost nudge left behind in one room and nudges it again. Nudges may be lost at any time (a crash between commit
/// and nudge), so every room that relies on one has a sweep; sweeping twice, or by two processes, is harmless.
/// </summary>
internal interface ISweep
{
    /// <summary>Looks once. Throwing is logged and tried again at the next round.</summary>
    Task SweepAsync(CancellationToken cancellationToken);
}

/// <summary>All sweeps, once.</summary>
internal sealed class Sweeps(IEnumerable<ISweep> sweeps, ILogger<Sweeps> logger)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var sweep in sweeps)
        {
            try
            {
                await sweep.SweepAsync(cancellationToken);
            }
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
            {
                logger.LogWarning("Sweep {Sweep} failed, the next round tries again: {Reason}", sweep.GetType().Name, fault.Message);
            }
        }
    }
}

/// <summary>Runs all sweeps, every two seconds.</summary>
internal sealed class Sweeper(Sweeps sweeps, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await sweeps.RunAsync(stoppingToken);
                await Task.Delay(Interval, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
