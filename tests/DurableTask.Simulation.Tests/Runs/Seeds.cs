using System.Collections.Concurrent;
using DurableTask.Simulation.Tests.Hub;
using DurableTask.Simulation.Tests.Mutations;

namespace DurableTask.Simulation.Tests.Runs;

// Many seeds, two at a time, each on one of two databases.
public sealed class Seeds : IAsyncLifetime
{
    private Server[] servers = [];

    public async Task InitializeAsync() => servers = [await Server.CreateAsync(), await Server.CreateAsync()];

    // Ends early when so many have failed. The results come in the order of the seeds.
    internal async Task<IReadOnlyList<SeedResult>> RunAsync(ulong first, int number, int mostFailed = 5, Mutation? mutation = null)
    {
        ConcurrentBag<SeedResult> results = [];
        var next = -1;
        var failed = 0;
        await Task.WhenAll(servers.Select(server => OnThreadAsync(() =>
        {
            while (Volatile.Read(ref failed) < mostFailed && Interlocked.Increment(ref next) is var n && n < number)
            {
                var result = Simulation.Run(first + (ulong)n, server, mutation);
                results.Add(result);
                if (!result.IsRight)
                {
                    Interlocked.Increment(ref failed);
                }
            }
        })));
        return [.. results.OrderBy(one => one.Seed)];
    }

    // The same seed once on each database.
    internal async Task<IReadOnlyList<SeedResult>> OnEachAsync(ulong seed) =>
        await Task.WhenAll(servers.Select(server => OnThreadAsync(() => Simulation.Run(seed, server))));

    public async Task DisposeAsync()
    {
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
    }

    // A seed owns its thread from beginning to end.
    private static Task<bool> OnThreadAsync(Action work) => OnThreadAsync(() =>
    {
        work();
        return true;
    });

    private static Task<T> OnThreadAsync<T>(Func<T> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
