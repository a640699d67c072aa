using DurableTask.AzureFunctions;
using OrchestratorFunctions.Functions.Watchdog;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Functions;

/// <summary>The functions of the app beside its routes, orchestrators and activities.</summary>
internal static class AppFunctions
{
    /// <summary>Where nudges wait for a process that reaches the task hub.</summary>
    public const string WakeupQueueName = "wakeups";

    public static FunctionTriggers Triggers() => new FunctionTriggers()
        // The safety net: finds what a lost nudge left behind. Nobody waits longer for it than a person waits for an answer.
        .AddTimer("Sweep", "*/5 * * * * *", (services, cancellationToken) => services.GetRequiredService<Sweeps>().RunAsync(cancellationToken))
        .AddTimer("RewindFailed", "*/30 * * * * *", (services, cancellationToken) => services.GetRequiredService<RewindWatchdog>().RunAsync(cancellationToken))
        .AddQueue("DispatchWakeup", WakeupQueueName, StorageOptions.Setting, (services, message, cancellationToken) => services.GetRequiredService<WakeupDispatch>().RunAsync(QueuedWakeup.Read(message), cancellationToken))
        .AddHttp(AdminFunction.Http, (services, request, cancellationToken) => services.GetRequiredService<AdminFunction>().AnswerAsync(services, request, cancellationToken));
}
