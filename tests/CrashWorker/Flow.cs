using DurableTask;
using Npgsql;

namespace CrashWorker;

public sealed record FlowState(int Generation, string[] Seen);

// A bit of everything: activities one by one and side by side, a child with a timer, an event, a timer, a next generation.
public sealed class Flow : TaskOrchestrator<FlowState, string[]>
{
    public static DurableTaskRegistry Register(DurableTaskRegistry registry) => registry.AddOrchestrator<Flow>().AddOrchestrator<FlowChild>().AddActivity<Effect>();

    public static Task StartAsync(DurableTaskClient client, string instanceId) =>
        client.ScheduleNewOrchestrationInstanceAsync(nameof(Flow), new FlowState(1, []), new StartOrchestrationOptions(instanceId));

    // Gives the event once the instance waits for it, perhaps more than once, until the instance has ended.
    public static async Task DriveAsync(DurableTaskClient client, string instanceId)
    {
        while (await client.GetInstanceAsync(instanceId, getInputsAndOutputs: true) is { IsCompleted: false } found)
        {
            if (found.ReadCustomStatusAs<string>() == "waiting")
            {
                try
                {
                    // Starting what is there already, also in memory, changes nothing.
                    await StartAsync(client, instanceId);
                    await client.RaiseEventAsync(instanceId, "go", "event");
                }
                catch (OrchestrationFinishedException)
                {
                }
            }

            await Task.Delay(20);
        }
    }

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

public sealed class FlowChild : TaskOrchestrator<string, string>
{
    public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
    {
        await context.CreateTimer(TimeSpan.FromMilliseconds(30), CancellationToken.None);
        return await context.CallActivityAsync<string>(nameof(Effect), $"{input}/child");
    }
}

// An effect under its domain key, and a note of each run: the effect must be there once, the runs may be more.
public sealed class Effect(NpgsqlDataSource database) : TaskActivity<string, string>
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
