using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace OrchestratorFunctions.Operations;

/// <summary>One line an event: time in UTC, level, logger, message, and of an exception its types and messages; stack traces stay out of logs.</summary>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(nameof(LineFormatter))
{
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var level = logEntry.LogLevel switch
        {
            LogLevel.Trace or LogLevel.Debug => "DEBUG",
            LogLevel.Information => "INFO",
            LogLevel.Warning => "WARNING",
            _ => "ERROR",
        };
        var message = logEntry.Formatter(logEntry.State, null);
        for (var fault = logEntry.Exception; fault is not null; fault = fault.InnerException)
        {
            message += $" [{fault.GetType().Name}: {fault.Message}]";
        }

        textWriter.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {level} {logEntry.Category} {message.ReplaceLineEndings(" ")}"));
    }
}
