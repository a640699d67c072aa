using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Tests.Operations;

public sealed class SweeperTests
{
    [Fact]
    public async Task A_sweep_that_throws_stops_neither_the_others_nor_itself()
    {
        var time = new FakeTimeProvider();
        var (broken, sound) = (new Sweep(new InvalidOperationException("broken")), new Sweep(fault: null));
        var cancelled = new Sweep(new OperationCanceledException("a deadline of its own"));
        using var sweeper = new Sweeper(new Sweeps([broken, cancelled, sound], NullLogger<Sweeps>.Instance), time);
        await sweeper.StartAsync(default);
        for (var round = 1; round <= 3; round++)
        {
            await sound.Done.WaitAsync(TimeSpan.FromSeconds(20));
            Assert.Equal((round, round, round), (broken.Count, cancelled.Count, sound.Count));
            // The pause may be about to begin; only one round fits into two seconds.
            while (sound.Done.CurrentCount == 0)
            {
                time.Advance(TimeSpan.FromSeconds(2));
                await Task.Yield();
            }
        }

        await sweeper.StopAsync(default).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(sweeper.ExecuteTask!.IsCompletedSuccessfully);
    }

    private sealed class Sweep(Exception? fault) : ISweep
    {
        public SemaphoreSlim Done { get; } = new(0);

        public int Count { get; private set; }

        public Task SweepAsync(CancellationToken cancellationToken)
        {
            Count++;
            Done.Release();
            return fault is null ? Task.CompletedTask : throw fault;
        }
    }
}
