using DurableTask;

namespace CrashWorker;

// The work under a database that falls over: an effect, a child with a timer and an effect of its own, an event, a last effect.
public sealed class Errand : TaskOrchestrator<string, string>
{
    // The effects need the same database.
    internal static readonly TaskOptions Retried = TaskOptions.FromRetryPolicy(new RetryPolicy(50, TimeSpan.FromMilliseconds(200)));

    public static DurableTaskRegistry Register(DurableTaskRegistry registry) => registry.AddOrchestrator<Errand>().AddOrchestrator<ErrandChild>().AddActivity<Effect>();

    public static string ResultOf(string instanceId) => $"{instanceId}: begin, child, agreed, end";

    public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
    {
        var begin = await context.CallActivityAsync<string>(nameof(Effect), $"{context.InstanceId}/begin", Retried);
        var child = await context.CallSubOrchestratorAsync<string>(nameof(ErrandChild), context.InstanceId);
        context.SetCustomStatus("waiting");
        var answer = await context.WaitForExternalEvent<string>("go");
        var end = await context.CallActivityAsync<string>(nameof(Effect), $"{context.InstanceId}/end", Retried);
        return $"{context.InstanceId}: {begin}, {child}, {answer}, {end}";
    }
}

public sealed class ErrandChild : TaskOrchestrator<string, string>
{
    public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
    {
        await context.CreateTimer(TimeSpan.FromMilliseconds(200), CancellationToken.None);
        return await context.CallActivityAsync<string>(nameof(Effect), $"{input}/child", Errand.Retried);
    }
}
