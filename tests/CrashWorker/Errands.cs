using System.Diagnostics;
using DurableTask;
using Npgsql;

namespace CrashWorker;

// Many errands at once by a client that tries again whatever the database does, and takes no wrong result.
public sealed class Errands(DurableTaskClient client, string prefix)
{
    private const int AtOnce = 64;
    private int finished;

    public async Task RunAsync(int number)
    {
        var since = Stopwatch.StartNew();
        await Parallel.ForEachAsync(Enumerable.Range(0, number), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (n, _) => await RunOneAsync($"{prefix}-{n}"));
        Console.WriteLine($"{finished} errands of {prefix} ended as they should, after {since.Elapsed.TotalSeconds:0} s");
    }

    private async Task RunOneAsync(string instanceId)
    {
        await InsistAsync(() => client.ScheduleNewOrchestrationInstanceAsync(nameof(Errand), instanceId, new StartOrchestrationOptions(instanceId)));
        OrchestrationMetadata? found;
        while ((found = await InsistAsync(() => client.GetInstanceAsync(instanceId, getInputsAndOutputs: true))) is not { IsCompleted: true })
        {
            if (found?.ReadCustomStatusAs<string>() == "waiting")
            {
                await InsistAsync(() => RaiseAsync(instanceId));
            }

            await Task.Delay(100);
        }

        if (found.RuntimeStatus != OrchestrationRuntimeStatus.Completed || found.ReadOutputAs<string>() != Errand.ResultOf(instanceId))
        {
            throw new InvalidOperationException($"{instanceId} is {found.RuntimeStatus} with {found.SerializedOutput} {found.FailureDetails?.ErrorMessage}");
        }

        if (Interlocked.Increment(ref finished) % 250 == 0)
        {
            Console.WriteLine($"{finished} errands of {prefix} have ended");
        }
    }

    // What was answered with an error may have been done all the same: the second time it may be too late.
    private async Task<bool> RaiseAsync(string instanceId)
    {
        try
        {
            await client.RaiseEventAsync(instanceId, "go", "agreed");
            return true;
        }
        catch (OrchestrationFinishedException)
        {
            return false;
        }
    }

    private static async Task<T> InsistAsync<T>(Func<Task<T>> call)
    {
        for (; ; await Task.Delay(200))
        {
            try
            {
                return await call();
            }
            catch (NpgsqlException)
            {
                // The database is away for a moment.
            }
        }
    }
}
