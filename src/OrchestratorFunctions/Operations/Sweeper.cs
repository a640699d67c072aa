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

/// <summary>Runs all sweeps, every two seconds.</summary>
internal sealed class Sweeper(IEnumerable<ISweep> sweeps, TimeProvider time, ILogger<Sweeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            foreach (var sweep in sweeps)
            {
                try
                {
                    await sweep.SweepAsync(stoppingToken);
                }
                catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception fault)
                {
                    logger.LogWarning("Sweep {Sweep} failed, next try in {Interval}: {Reason}", sweep.GetType().Name, Interval, fault.Message);
                }
            }

            try
            {
                await Task.Delay(Interval, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
