using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrchestratorFunctions.Operations;

namespace OrchestratorFunctions.Tests.Operations;

public sealed class LineFormatterTests
{
    [Fact]
    public void An_event_is_one_line_with_the_words_of_its_faults_and_no_stack_trace()
    {
        var line = Write(LogLevel.Error, "Message {Id}\nfailed", Thrown());
        Assert.Equal(
            "2026-03-01T10:00:00.250Z ERROR room Message 7 failed [InvalidOperationException: outer words] [TimeoutException: inner words]\n", line.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData(LogLevel.Trace, "DEBUG")]
    [InlineData(LogLevel.Debug, "DEBUG")]
    [InlineData(LogLevel.Information, "INFO")]
    [InlineData(LogLevel.Warning, "WARNING")]
    [InlineData(LogLevel.Error, "ERROR")]
    [InlineData(LogLevel.Critical, "ERROR")]
    public void Levels_have_the_names_of_LOG_LEVEL(LogLevel level, string name) => Assert.Contains($" {name} room hello", Write(level, "hello", null), StringComparison.Ordinal);

    private static string Write(LogLevel level, string text, Exception? fault)
    {
        using var writer = new StringWriter();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 10, 0, 0, 250, TimeSpan.Zero));
        new LineFormatter(time).Write(new LogEntry<string>(level, "room", default, text.Replace("{Id}", "7", StringComparison.Ordinal), fault, (state, exception) => exception is null ? state : $"{state} {exception}"), null, writer);
        return writer.ToString();
    }

    // Thrown and caught, so that both have a stack trace to show.
    private static InvalidOperationException Thrown()
    {
        try
        {
            try
            {
                throw new TimeoutException("inner\nwords");
            }
            catch (TimeoutException inner)
            {
                throw new InvalidOperationException("outer\r\nwords", inner);
            }
        }
        catch (InvalidOperationException outer)
        {
            return outer;
        }
    }
}
