using System.Collections.Concurrent;
using DurableTask;

namespace Bench.Engine;

// The work of the benchmark: start, one activity, wait for an external event, one activity, complete. The peers run the same (benchmarks/peers).
internal sealed class Approval : TaskOrchestrator<string, string>
{
    public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
    {
        var question = await context.CallActivityAsync<string>(nameof(AskForApproval), input);
        var person = await context.WaitForExternalEvent<string>("approved");
        return await context.CallActivityAsync<string>(nameof(Publish), $"{question} {person}");
    }
}

internal sealed class AskForApproval(Announcements announcements) : TaskActivity<string, string>
{
    public override Task<string> RunAsync(TaskActivityContext context, string input)
    {
        announcements.Announce(input);
        return Task.FromResult($"{input}: approved by");
    }
}

internal sealed class Publish(Announcements announcements) : TaskActivity<string, string>
{
    public override Task<string> RunAsync(TaskActivityContext context, string input)
    {
        announcements.CountPublished();
        return Task.FromResult($"{input}, published");
    }
}

// How the person of the benchmark learns that an approval is wanted, as a real one would by a message.
internal sealed class Announcements
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> waiting = new();
    private int announced;
    private int published;

    public int Announced => Volatile.Read(ref announced);

    public int Published => Volatile.Read(ref published);

    public Task Of(string title) => waiting.GetOrAdd(title, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Announce(string title)
    {
        Interlocked.Increment(ref announced);
        if (waiting.TryRemove(title, out var one))
        {
            one.TrySetResult();
        }
    }

    public void CountPublished() => Interlocked.Increment(ref published);
}
