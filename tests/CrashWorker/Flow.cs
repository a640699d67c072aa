using DurableTask;
using Npgsql;

namespace CrashWorker;

public sealed record FlowState(int Generation, string[] Seen);

// A bit of everything: activities one by one and side by side, a child with a timer, an event, a timer, a next generation.
internal sealed class Flow : TaskOrchestrator<FlowState, string[]>
{
    public override async Task<string[]> RunAsync(TaskOrchestrationContext context, FlowState input)
    {
        if (input.Generation == 2)
        {
            return [.. input.Seen, await context.CallActivityAsync<string>(nameof(Effect), $"{context.InstanceId}/last")];
        }

        var first = await context.CallActivityAsync<string>(nameof(Effect), $"{context.InstanceId}/first");
        var both = await Task.WhenAll(
            context.CallActivityAsync<string>(nameof(Effect), $"{context.InstanceId}/left"), context.CallActivityAsync<string>(nameof(Effect), $"{context.InstanceId}/right"));
        var child = await context.CallSubOrchestratorAsync<string>(nameof(FlowChild), context.InstanceId);
        context.SetCustomStatus("waiting");
        var raised = await context.WaitForExternalEvent<string>("go");
        context.SetCustomStatus("going on");
        await context.CreateTimer(TimeSpan.FromMilliseconds(30), CancellationToken.None);
        context.ContinueAsNew(new FlowState(2, [first, .. both, child, raised]));
        return [];
    }
}

internal sealed class FlowChild : TaskOrchestrator<string, string>
{
    public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
    {
        await context.CreateTimer(TimeSpan.FromMilliseconds(30), CancellationToken.None);
        return await context.CallActivityAsync<string>(nameof(Effect), $"{input}/child");
    }
}

// An effect under its domain key, and a note of each run: the effect must be there once, the runs may be more.
internal sealed class Effect(NpgsqlDataSource database) : TaskActivity<string, string>
{
    public override async Task<string> RunAsync(TaskActivityContext context, string input)
    {
        await using var command = database.CreateCommand(
            """
            /* name: crash.effect */
            with noted as (insert into runs (key) values ($1))
            insert into effects (key) values ($1) on conflict (key) do nothing
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = input });
        await command.ExecuteNonQueryAsync(context.CancellationToken);
        return input[(input.LastIndexOf('/') + 1)..];
    }
}
