using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace OrchestratorFunctions.Operations.Logs;

/// <summary>For people who watch: one line an event, time in UTC, level, logger, message.</summary>
internal sealed class LineFormatter(TimeProvider time, SecretMask mask) : ConsoleFormatter(nameof(LineFormatter))
{
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = LogLine.Of(logEntry, scopeProvider, mask);
        textWriter.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {line.Level} {logEntry.Category} {Plain(line.Message)}"));
    }

    // What others wrote may break no line and steer nobody's terminal.
    private static string Plain(string message)
    {
        var oneLine = message.ReplaceLineEndings(" ");
        return oneLine.Any(char.IsControl) ? string.Concat(oneLine.Select(character => char.IsControl(character) ? ' ' : character)) : oneLine;
    }
}
