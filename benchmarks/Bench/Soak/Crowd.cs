using System.Collections.Concurrent;
using System.Diagnostics;
using Bench.Measuring;
using TestKit.Player;

namespace Bench.Soak;

// People who play the whole way, from an idea to built software, one project after another.
internal sealed class Crowd(SoakStage stage, int number)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly ConcurrentQueue<TimeSpan> ways = new();

    public int Completed => ways.Count;

    public Latencies Ways => new(ways);

    // Everybody brings to an end what they have begun.
    public Task PlayAsync(CancellationToken end) => Task.WhenAll(Enumerable.Range(0, number).Select(async _ =>
    {
        while (!end.IsCancellationRequested)
        {
            using var person = stage.NextPerson();
            var since = Stopwatch.StartNew();
            await new Ada(person, () => Patience - since.Elapsed is { Ticks: > 0 } left ? left : TimeSpan.Zero).PlayAsync();
            ways.Enqueue(since.Elapsed);
        }
    }));
}
