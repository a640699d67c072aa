using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrchestratorFunctions.Operations.Checks;

namespace OrchestratorFunctions.Tests.Operations;

/// <summary>What a flood of probes costs.</summary>
public sealed class HealthChecksTests
{
    private readonly FakeTimeProvider time = new();
    private readonly Counting counting = new();
    private readonly HealthChecks checks;

    public HealthChecksTests() => checks = new HealthChecks([counting], time, NullLogger<HealthChecks>.Instance);

    [Fact]
    public async Task All_who_ask_while_one_looks_hear_what_it_finds_also_when_that_one_hangs_up()
    {
        using var first = new CancellationTokenSource();
        var hangsUp = checks.FindAsync("counting", first.Token);
        var others = Enumerable.Range(0, 200).Select(_ => checks.FindAsync("counting", default)).ToArray();
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hangsUp);
        counting.Answer.SetResult("broken");
        Assert.All(await Task.WhenAll(others), found => Assert.Equal("broken", found!.Fault));
        Assert.Equal(1, counting.Looks);
    }

    [Fact]
    public async Task An_answer_holds_for_its_time_and_a_clock_that_is_put_back_does_not_make_it_new()
    {
        var clock = new PutBack();
        var looking = new HealthChecks([counting], clock, NullLogger<HealthChecks>.Instance);
        counting.Answer.SetResult(null);
        await looking.FindAsync("counting", default);
        clock.Passed = TimeSpan.FromMilliseconds(999);
        await looking.FindAsync("counting", default);
        Assert.Equal(1, counting.Looks);
        clock.Passed = TimeSpan.FromSeconds(1);
        await looking.FindAsync("counting", default);
        Assert.Equal(2, counting.Looks);
    }

    [Fact]
    public async Task What_hangs_is_trouble_when_its_time_is_over_and_is_asked_again_later()
    {
        var asked = checks.FindAsync("counting", default);
        await counting.Looked.Task;
        while (!asked.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal("no answer in time", (await asked)!.Fault);
        time.Advance(TimeSpan.FromSeconds(1));
        counting.Answer.SetResult(null);
        Assert.Null((await checks.FindAsync("counting", default))!.Fault);
    }

    // Time passes, and with each second that does the clock is put back by an hour.
    private sealed class PutBack : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Passed.Ticks;

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero) - (Passed * 3600);
    }

    private sealed class Counting : ICheck
    {
        public int Looks;

        public TaskCompletionSource Looked { get; } = new();

        public TaskCompletionSource<string?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Name => "counting";

        public TimeSpan Limit => TimeSpan.FromSeconds(3);

        public TimeSpan GoodFor => TimeSpan.FromSeconds(1);

        public bool IsVital => true;

        public Task<string?> FindFaultAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref Looks);
            Looked.TrySetResult();
            return Answer.Task;
        }
    }
}
