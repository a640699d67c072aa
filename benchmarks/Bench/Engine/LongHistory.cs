using DurableTask;

namespace Bench.Engine;

// Grows a history of two events an activity (scheduled, completed), then makes so many steps as each event asks for: one activity after the other.
internal sealed class LongHistory : TaskOrchestrator<int, string>
{
    private const int SideBySide = 100;

    public override async Task<string> RunAsync(TaskOrchestrationContext context, int input)
    {
        for (var left = input - 1; left > 0; left -= SideBySide)
        {
            await Task.WhenAll(Enumerable.Range(0, Math.Min(left, SideBySide)).Select(_ => context.CallActivityAsync<string>(nameof(Mark), "")));
        }

        await context.CallActivityAsync<string>(nameof(Mark), context.InstanceId);
        while (true)
        {
            for (var steps = await context.WaitForExternalEvent<int>("steps"); steps > 0; steps--)
            {
                await context.CallActivityAsync<string>(nameof(Mark), context.InstanceId);
            }
        }
    }
}
