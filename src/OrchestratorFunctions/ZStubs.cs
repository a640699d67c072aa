using DurableTask;
using OrchestratorFunctions.Projects;
namespace OrchestratorFunctions.Ai
{
    internal sealed record TopicMessage(string Role, string Content);
    internal sealed record OpenGateSummary(string Kind, string Title, int? Version);
    internal sealed record AgentTurn(Project Project, IReadOnlyList<TopicMessage> Messages, OpenGateSummary? Gate);
    internal abstract record Proposal;
    internal sealed record VisionProposal : Proposal;
    internal sealed record ChangeProposal(string Reason) : Proposal;
    internal sealed record AgentReply(string Markdown, IReadOnlyList<Proposal> Proposals);
    internal sealed class ProductAgent { public Task<AgentReply> ReplyAsync(AgentTurn t, CancellationToken c) => throw new NotSupportedException(); }
    internal sealed class ModelUnavailableException(string m) : Exception(m);
    internal sealed class ModelAnswerException(string m) : Exception(m);
    internal enum ModelHealthStatus { Ok, Degraded, NotConfigured }
    internal sealed class ModelHealth { public Task<ModelHealthStatus> CheckAsync(CancellationToken c) => throw new NotSupportedException(); }
    internal static class AiModule { public static IServiceCollection AddAi(this IServiceCollection s, IConfiguration c) => s; }
}
namespace OrchestratorFunctions.Visions
{
    using OrchestratorFunctions.Ai;
    internal sealed record CompletenessScore(bool IsComplete);
    internal sealed class Completeness { public Task<CompletenessScore> AssessAsync(IReadOnlyList<TopicMessage> t, CancellationToken c) => throw new NotSupportedException(); }
    internal sealed record DraftVisionRequest(Guid ProjectId, int Run, int Attempt, string? Reason);
    internal sealed class DraftVision : TaskActivity<DraftVisionRequest, DocumentRef> { public override Task<DocumentRef> RunAsync(TaskActivityContext context, DraftVisionRequest input) => throw new NotSupportedException(); }
    internal sealed class VisionStore { public Task<IReadOnlyList<TopicMessage>> NewestMessagesAsync(Guid id, int most, CancellationToken c) => throw new NotSupportedException(); }
    internal static class VisionsModule { public static IServiceCollection AddVisions(this IServiceCollection s) => s; public static DurableTaskRegistry AddVisions(this DurableTaskRegistry s) => s; }
}
namespace OrchestratorFunctions.Scar
{
    internal enum ScarCommand { Prime, Plan, Execute, Validate }
    internal enum ScarOutcome { Succeeded, Failed, Unproven, Unknown, Stopped }
    internal sealed record ScarCommandRequest(Guid ExecutionId, Guid ProjectId, string Repository, ScarCommand Command, DocumentRef? Basis, string? Reason, string Address);
    internal sealed record ScarCommandOutcome(Guid ExecutionId, ScarOutcome Outcome, string? Reason, string? Branch, string? CommitId, string? PullRequest);
    internal sealed class ScarCommandOrchestrator : TaskOrchestrator<ScarCommandRequest, ScarCommandOutcome> { public const string StopEvent = "stop"; public static string InstanceIdOf(Guid id) => $"scar:{id}"; public override Task<ScarCommandOutcome> RunAsync(TaskOrchestrationContext context, ScarCommandRequest input) => throw new NotSupportedException(); }
    internal sealed class ScarStore { public Task<string> OutputAsync(Guid id, CancellationToken c) => throw new NotSupportedException(); }
    internal static class ScarModule { public static IServiceCollection AddScar(this IServiceCollection s, IConfiguration c) => s; public static DurableTaskRegistry AddScar(this DurableTaskRegistry s) => s; public static void MapScar(this IEndpointRouteBuilder e) { } }
}
namespace DurableTask.PostgreSql
{
    internal static class Z { public static IServiceCollection AddPostgresTaskHub(this IServiceCollection s, DurableTaskRegistry r) => s; }
}
