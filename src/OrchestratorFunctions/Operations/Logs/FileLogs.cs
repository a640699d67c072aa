using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace OrchestratorFunctions.Operations.Logs;

/// <summary>Writes the lines of the console also to <c>app.log</c>, where the runbook greps.</summary>
[ProviderAlias("File")]
internal sealed class FileLogs(string folder, ConsoleFormatter formatter) : ILoggerProvider, ISupportExternalScope
{
    private readonly LineFile file = new(Path.Combine(folder, "app.log"));
    private IExternalScopeProvider? scopes;
    private bool complained;

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

    public void Dispose() => file.Dispose();

    private void Write(string line)
    {
        if (!file.Append(line) && !complained)
        {
            complained = true;
            Console.Error.WriteLine($"{folder}/app.log cannot be written (another process may have it, or the disk is full); the console has everything.");
        }
    }

    private sealed class Logger(FileLogs owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => owner.scopes?.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            using var text = new StringWriter { NewLine = "\n" };
            owner.Formatter.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter), owner.scopes, text);
            owner.Write(text.ToString());
        }
    }

    private ConsoleFormatter Formatter => formatter;
}
