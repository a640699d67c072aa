using DurableTask.AzureFunctions;
using OrchestratorFunctions.Operations.Checks;

namespace OrchestratorFunctions.Functions;

/// <summary>Whether the task hub of the Functions host answers. Workflows stand still without it; what people say is stored all the same.</summary>
internal sealed class HubCheck(HubReach hub) : ICheck
{
    public const string CheckName = "task_hub";

    // Shorter than the limit, so that a hub that hangs is told from a check that does.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public string Name => CheckName;

    public TimeSpan Limit => TimeSpan.FromSeconds(3);

    public TimeSpan GoodFor => TimeSpan.FromSeconds(5);

    public bool IsVital => true;

    // Where HTTP functions scale apart, no invocation ever says where the hub is, and nothing here needs it: nudges go through the queue.
    public async Task<string?> FindFaultAsync(CancellationToken cancellationToken) =>
        !hub.IsKnown || await hub.AnswersAsync(Patience, cancellationToken) ? null : "the task hub does not answer";
}
