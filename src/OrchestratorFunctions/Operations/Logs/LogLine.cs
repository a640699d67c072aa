using Microsoft.Extensions.Logging.Abstractions;

namespace OrchestratorFunctions.Operations.Logs;

/// <summary>What is said of one event, in whichever form it is written. Stack traces stay out of logs, and so does every secret.</summary>
/// <param name="Message">The event's words, and of its fault and the faults behind it their types and words.</param>
/// <param name="ProjectId">The project that it is about, if it or a scope around it names one.</param>
/// <param name="UserId">The person, likewise: <c>telegram:123456</c>.</param>
internal sealed record LogLine(string Level, string Message, string? ProjectId, string? UserId)
{
    public static LogLine Of<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopes, SecretMask mask)
    {
        var message = entry.Formatter(entry.State, null);
        for (var fault = entry.Exception; fault is not null; fault = fault.InnerException)
        {
            message += $" [{fault.GetType().Name}: {fault.Message}]";
        }

        var subjects = new Subjects();
        scopes?.ForEachScope((scope, found) => found.Read(scope), subjects);
        subjects.Read(entry.State);
        return new LogLine(Name(entry.LogLevel), mask.Apply(message), subjects.ProjectId, subjects.UserId);
    }

    /// <summary>A level by the names of LOG_LEVEL.</summary>
    public static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARNING",
        _ => "ERROR",
    };

    // What is nearest to the event wins: scopes come from the outside in, then the event's own values.
    private sealed class Subjects
    {
        public string? ProjectId { get; private set; }

        public string? UserId { get; private set; }

        public void Read(object? state)
        {
            if (state is not IEnumerable<KeyValuePair<string, object?>> values)
            {
                return;
            }

            foreach (var (name, value) in values)
            {
                ProjectId = name is "ProjectId" or "Project" ? value?.ToString() : ProjectId;
                UserId = name is "UserId" or "Person" ? value?.ToString() : UserId;
            }
        }
    }
}
