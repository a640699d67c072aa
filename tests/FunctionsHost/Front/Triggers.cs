using System.Text.Json.Nodes;
using FunctionsHost.Handlers;

namespace FunctionsHost.Front;

// Timers and queues. Timers are looked at every second field of their schedule ("*/5 * * * * *" is every five seconds), and once when the host starts if they say so.
internal sealed class Triggers(IReadOnlyList<FunctionFolder> functions, Func<IHandler> handler, Invoker invoker, QueueStandIn queues)
{
    private static readonly TimeSpan QueuePoll = TimeSpan.FromMilliseconds(50);

    // Slower timers come as often as this, so that tests need not wait for them.
    private static readonly TimeSpan Slowest = TimeSpan.FromSeconds(5);

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(functions.SelectMany(function => Loops(function, stop)));

    private IEnumerable<Task> Loops(FunctionFolder function, CancellationToken stop)
    {
        if (function.Find("timerTrigger") is { } timer)
        {
            yield return TickAsync(function, TimeSpan.FromSeconds(int.Parse(timer.GetProperty("schedule").GetString()!.Split(' ')[0]["*/".Length..])), timer.GetProperty("runOnStartup").GetBoolean(), stop);
        }

        if (function.Find("queueTrigger") is { } queue)
        {
            yield return TakeAsync(function, queue.GetProperty("queueName").GetString()!, stop);
        }
    }

    private async Task TickAsync(FunctionFolder function, TimeSpan every, bool atStart, CancellationToken stop)
    {
        every = every < Slowest ? every : Slowest;
        for (var next = atStart ? TimeSpan.Zero : every; !stop.IsCancellationRequested; next = every)
        {
            await Task.WhenAny(Task.Delay(next, stop));
            if (stop.IsCancellationRequested)
            {
                return;
            }

            var tick = new JsonObject { ["Schedule"] = new JsonObject { ["AdjustForDST"] = true }, ["ScheduleStatus"] = new JsonObject { ["Last"] = DateTime.UtcNow.ToString("O") }, ["IsPastDue"] = false };
            await TryAsync(function, new JsonObject { [function.NameOf("timerTrigger")!] = tick }, null, stop);
        }
    }

    private async Task TakeAsync(FunctionFolder function, string queue, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (var (text, dequeued) in queues.Take(queue))
            {
                var metadata = new JsonObject { ["DequeueCount"] = $"{dequeued}", ["Id"] = Invoker.Encoded(Guid.NewGuid().ToString()) };
                if (!await TryAsync(function, new JsonObject { [function.NameOf("queueTrigger")!] = Invoker.Encoded(text) }, metadata, stop))
                {
                    queues.GiveBack(queue, text, dequeued);
                }
            }

            await Task.WhenAny(Task.Delay(QueuePoll, stop));
        }
    }

    private async Task<bool> TryAsync(FunctionFolder function, JsonObject data, JsonObject? metadata, CancellationToken stop)
    {
        try
        {
            await invoker.InvokeAsync(handler(), function, data, metadata, stop);
            return true;
        }
        catch (Exception fault) when (fault is InvocationFailedException or HandlerGoneException or OperationCanceledException)
        {
            return false;
        }
    }
}
