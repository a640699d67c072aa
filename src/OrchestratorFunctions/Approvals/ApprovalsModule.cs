using DurableTask;
using Npgsql;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Approvals;

internal static class ApprovalsModule
{
    public static IServiceCollection AddApprovals(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ApprovalOptions>(configuration);
        return services
            .AddSingleton<GateStore>()
            .AddSingleton<OwedReasons>()
            .AddSingleton<GateDecisions>()
            .AddSingleton<ISweep, GateSweep>();
    }

    public static DurableTaskRegistry AddApprovals(this DurableTaskRegistry registry)
    {
        registry.AddOrchestrator<ApprovalGateOrchestrator>();
        registry.AddActivity<OpenGate>();
        registry.AddActivity<LookAtGate>();
        registry.AddActivity<AcknowledgeGate>();
        return registry;
    }
}

/// <summary>Nudges gates that were decided and whose orchestration has not read it: the nudge was lost, or fell into a restart.</summary>
internal sealed class GateSweep(NpgsqlDataSource dataSource, GateStore gates, Wakeups wakeups) : ISweep
{
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Guid> decided;
        await using (var connection = await dataSource.OpenConnectionAsync(cancellationToken))
        {
            decided = await gates.UnacknowledgedAsync(connection, cancellationToken);
        }

        await wakeups.SendAsync(decided.Select(GateDecisions.Decided), cancellationToken);
    }
}
