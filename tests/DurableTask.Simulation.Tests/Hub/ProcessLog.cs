using DurableTask.Simulation.Tests.Clockwork;
using Microsoft.Extensions.Logging;

namespace DurableTask.Simulation.Tests.Hub;

// What a process warns of belongs to the trace.
internal sealed class ProcessLog(Machine machine, Process process) : ILoggerFactory, ILogger
{
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            machine.Note($"{process.Name} {logLevel}: {formatter(state, exception)} {exception?.GetType().Name}");
        }
    }

    public void Dispose()
    {
    }
}
