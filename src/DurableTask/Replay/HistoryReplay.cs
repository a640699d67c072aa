using DurableTask.Replay;
using DurableTask.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableTask;

/// <summary>Replays recorded histories against the code of this process, without a store: what a change of an orchestrator would do to instances that run.</summary>
public static class HistoryReplay
{
    /// <summary>Finds where the present code first does something else than a history says.</summary>
    /// <param name="registry">The code.</param>
    /// <param name="services">What orchestrator classes are created from.</param>
    /// <param name="history">The history.</param>
    /// <returns>The divergence in words, with its step; null = the code still does what the history says.</returns>
    public static string? FirstDivergence(DurableTaskRegistry registry, IServiceProvider services, OrchestrationHistory history)
    {
        if (!history.Events.Any(one => one.ExecutionStarted is not null))
        {
            return "The history does not begin with the start of an orchestration.";
        }

        var session = new OrchestrationSession(registry, services, NullLoggerFactory.Instance);
        try
        {
            session.Replay([.. history.Events]);
        }
        catch (UnknownTaskException unknown)
        {
            return unknown.Message;
        }

        return session.Divergence?.Message ?? OtherEnd(history.Events.Select(one => one.ExecutionCompleted).LastOrDefault(end => end is not null), session.End);
    }

    // The engine does not compare ends, which nothing follows; whoever changes an orchestrator wants to know all the same.
    // What an exception says may hold ids and times; its type is what the code has decided.
    private static string? OtherEnd(ExecutionCompletedEvent? recorded, CompleteOrchestrationAction? now) => (recorded, now) switch
    {
        (null, null) => null,
        (null, _) => $"The history goes on, but the code ends: {Of(now.OrchestrationStatus, now.Result, now.FailureDetails)}.",
        (_, null) => $"The history ends ({Of(recorded.OrchestrationStatus, recorded.Result, recorded.FailureDetails)}), but the code goes on.",
        _ when recorded.OrchestrationStatus != now.OrchestrationStatus || recorded.Result != now.Result || recorded.FailureDetails?.ErrorType != now.FailureDetails?.ErrorType =>
            $"The history ends with {Of(recorded.OrchestrationStatus, recorded.Result, recorded.FailureDetails)}, but the code with {Of(now.OrchestrationStatus, now.Result, now.FailureDetails)}.",
        _ => null,
    };

    private static string Of(OrchestrationStatus status, string? result, Wire.TaskFailureDetails? failure) =>
        failure is not null ? $"{status} by {failure.ErrorType}: {failure.ErrorMessage}" : result is null ? status.ToString() : $"{status} {result}";
}
