namespace DurableTask.Simulation.Tests.Workflows;

// What an orchestration is started with, and what it hands to its next generation.
internal sealed record Begin(int Workflow, string Path, long Value = 0, int Round = 0, int Heard = 0, Got[]? Before = null);

// Plays a workflow through the public API, as the code of an app would.
internal sealed class Interpreter(TaskOrchestrationContext context, IReadOnlyDictionary<int, Workflow> workflows, Begin begin)
{
    public const string Name = "Interpreter";

    private static readonly RetryPolicy Policy = new(4, TimeSpan.FromMilliseconds(100));

    private int heard = begin.Heard;

    public async Task<Got> RunAsync()
    {
        var workflow = workflows[begin.Workflow];
        Got[] all = [.. begin.Before ?? [], await PlayAsync(workflow.Body, begin.Value, default)];
        if (begin.Round + 1 < workflow.Rounds)
        {
            context.ContinueAsNew(begin with { Value = all[^1].Value, Round = begin.Round + 1, Heard = heard, Before = all });
            return all[^1];
        }

        if (workflow.Gate is { } gate)
        {
            await ActAsync(gate, 0);
        }

        switch (workflow.Ending)
        {
            case Ending.Failure:
                throw new InvalidOperationException($"as planned at {all[^1].Value}");
            case Ending.Terminated:
                await context.WaitForExternalEvent<int>("never");
                break;
        }

        return new Got("end", all[^1].Value, Parts: all);
    }

    private async Task<Got> PlayAsync(Node node, long value, CancellationToken cancellation)
    {
        switch (node)
        {
            case Call call:
                return await CallAsync(call, value);
            case Pause pause:
                var until = context.CurrentUtcDateTime.AddMilliseconds(pause.Millis);
                await context.CreateTimer(until, cancellation);
                return new Got(context.CurrentUtcDateTime < until ? "early" : "waited", value);
            case HearNext:
                return await HearNextAsync(value);
            case Hear hear:
                return new Got("heard", Got.Mix(value, await context.WaitForExternalEvent<int>(hear.Name(begin.Round), cancellation)));
            case Tell tell:
                foreach (var name in tell.Events)
                {
                    context.SendEvent(tell.InstanceId, name, tell.Payload);
                }

                return new Got("told", value);
            case Sequence sequence:
                return await InTurnAsync(sequence, value, cancellation);
            case All all:
                var parts = await Task.WhenAll(all.Nodes.Select(one => PlayAsync(one, value, cancellation)));
                return new Got("all", parts.Sum(one => one.Value) % 1_000_003, Parts: parts);
            case Any any:
                return await FirstAsync(any, value);
            case Child child:
                return await ChildAsync(child, value);
            default:
                throw new InvalidOperationException($"There is no such node: {node}");
        }
    }

    private async Task<Got> InTurnAsync(Sequence sequence, long value, CancellationToken cancellation)
    {
        List<Got> parts = [];
        foreach (var one in sequence.Nodes)
        {
            parts.Add(await PlayAsync(one, value, cancellation));
            value = parts[^1].Value;
        }

        return new Got("sequence", value, Parts: [.. parts]);
    }

    private async Task<Got> FirstAsync(Any any, long value)
    {
        using var rest = new CancellationTokenSource();
        var all = any.Nodes.Select(one => PlayAsync(one, value, any.Cancels ? rest.Token : default)).ToList();
        var first = await Task.WhenAny(all);
        if (any.Cancels)
        {
            rest.Cancel();
        }

        var got = await first;
        return new Got("any", got.Value, all.IndexOf(first), [got]);
    }

    // Whoever tells may have to tell again; what was heard before is passed over, and how often that was is part of the result.
    private async Task<Got> HearNextAsync(long value)
    {
        for (var again = 0; ; again++)
        {
            var next = await context.WaitForExternalEvent<int>("next");
            if (next >= heard)
            {
                return new Got(next == heard++ ? "heard" : "out of order", Got.Mix(value, next), again);
            }
        }
    }

    private async Task<Got> CallAsync(Call call, long value)
    {
        try
        {
            return await ActAsync(call, value);
        }
        catch (TaskFailedException)
        {
            return new Got("failed", Got.Mix(value, call.Id));
        }
    }

    private async Task<Got> ActAsync(Call call, long value)
    {
        var options = call.Retry switch
        {
            Retrying.ByPolicy => TaskOptions.FromRetryPolicy(Policy),
            Retrying.ByHandler => TaskOptions.FromRetryHandler(retry => retry.LastAttemptNumber < 3),
            _ => null,
        };
        var key = $"{begin.Path}/{call.Id}.{begin.Round}";
        var done = await context.CallActivityAsync<Done>(Work.Name, new Job(key, value, call.Id, call.Failures), options);
        return new Got("did", done.Value, done.Run);
    }

    private async Task<Got> ChildAsync(Child child, long value)
    {
        var path = $"{begin.Path}/{child.Id}.{begin.Round}";
        var retry = child.Failures > 0 ? new TaskRetryOptions(Policy) : null;
        try
        {
            var options = new SubOrchestrationOptions(retry, child.HasOwnId ? path.Replace('/', '-') : null);
            var got = await context.CallSubOrchestratorAsync<Got>(Name, new Begin(child.Workflow.Id, path, value), options);
            return new Got("child", got.Value, Parts: [got]);
        }
        catch (TaskFailedException)
        {
            return new Got("child failed", Got.Mix(value, child.Id));
        }
    }
}
