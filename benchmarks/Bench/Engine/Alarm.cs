using System.Collections.Concurrent;
using DurableTask;

namespace Bench.Engine;

// One timer. Notes when the orchestrator went on: a look at the clock that decides nothing.
internal sealed class Alarm(AlarmLog log) : TaskOrchestrator<DateTimeOffset, bool>
{
    public override async Task<bool> RunAsync(TaskOrchestrationContext context, DateTimeOffset input)
    {
        await context.CreateTimer(input.UtcDateTime, CancellationToken.None);
        log.Note(DateTimeOffset.UtcNow - input);
        return true;
    }
}

// How late each timer was, by the instance's next step; negative would be early.
internal sealed class AlarmLog
{
    private readonly ConcurrentBag<TimeSpan> late = [];

    public IReadOnlyCollection<TimeSpan> Late => late;

    public void Note(TimeSpan after) => late.Add(after);
}
