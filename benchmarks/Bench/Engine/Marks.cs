using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using DurableTask;

namespace Bench.Engine;

// When the activity Mark ran, by the name it was given: how the benchmark sees an instance make its steps.
internal sealed class Marks
{
    private readonly ConcurrentDictionary<string, Channel<long>> marks = new();

    public void Set(string name) => Of(name).Writer.TryWrite(Stopwatch.GetTimestamp());

    public async Task<long> NextAsync(string name, CancellationToken cancellation) => await Of(name).Reader.ReadAsync(cancellation);

    private Channel<long> Of(string name) => marks.GetOrAdd(name, _ => Channel.CreateUnbounded<long>());
}

internal sealed class Mark(Marks marks) : TaskActivity<string, string>
{
    public override Task<string> RunAsync(TaskActivityContext context, string input)
    {
        if (input.Length > 0)
        {
            marks.Set(input);
        }

        return Task.FromResult("marked");
    }
}
