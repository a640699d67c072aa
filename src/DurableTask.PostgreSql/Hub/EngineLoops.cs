using Microsoft.Extensions.Logging;

namespace DurableTask.PostgreSql.Hub;

// When a worker does what: each kind of work as soon as it is told of; once in a while one look at all of it, for what nobody told of.
internal sealed class EngineLoops(TaskHubEngine engine, Wakeups wakeups, PostgresTaskHubOptions options, TimeProvider time, ILogger log)
{
    // Ends when the engine has stopped.
    public async Task RunAsync(CancellationToken stop)
    {
        // From here on clients of this process give their mail to the engine.
        wakeups.Engine = engine;
        using var lastBeat = new CancellationTokenSource();
        var beating = Task.WhenAll(
            LoopOf("A heartbeat", new Signal(), options.Lease / 3).RunAsync(BeatAsync, lastBeat.Token),
            LoopOf("Giving back activities", engine.Activities.Waiting, options.PollInterval).RunAsync(engine.Activities.GiveBackAsync, lastBeat.Token));
        await Task.WhenAll(
            LoopOf("Claiming mail", wakeups.Mail, options.PollInterval).RunAsync(engine.ClaimMailAsync, stop),
            LoopOf("Claiming activities", wakeups.Activities, options.PollInterval).RunAsync(engine.Activities.ClaimAsync, stop),
            LoopOf("Firing timers", wakeups.Timers, options.PollInterval).RunAsync(engine.Timers.FireAsync, stop),
            LoopOf("Looking for work", new Signal(), options.PollInterval).RunAsync(engine.LookAsync, stop));
        wakeups.Engine = null;
        // Heartbeats go on while the last work ends: a lease must not run out during the grace time.
        try
        {
            await engine.StopAsync();
        }
        finally
        {
            // Not on a thread of the pool: a simulation has but one.
            lastBeat.Cancel();
            await beating;
        }
    }

    private async Task<TimeSpan> BeatAsync(CancellationToken stop)
    {
        await engine.Activities.HeartbeatAsync(stop);
        return options.Lease / 3;
    }

    private Loop LoopOf(string what, Signal signal, TimeSpan afterTrouble) => new(what, signal, afterTrouble, time, log);
}
