using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Time.Testing;
using OrchestratorFunctions.Operations.Logs;

namespace OrchestratorFunctions.Tests.Operations.Logs;

/// <summary>Writes one event as the app would.</summary>
internal static class Written
{
    public static readonly FakeTimeProvider Time = new(new DateTimeOffset(2026, 3, 1, 10, 0, 0, 250, TimeSpan.Zero));

    public static SecretMask Mask(params (string Key, string Value)[] settings) =>
        new(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build());

    public static string By(ConsoleFormatter formatter, LogLevel level, string text, Exception? fault, IExternalScopeProvider? scopes = null, params (string Key, object? Value)[] values)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        var state = new Values(text, values);
        formatter.Write(new LogEntry<Values>(level, "room", default, state, fault, (said, exception) => exception is null ? said.Text : $"{said.Text} {exception}"), scopes, writer);
        return writer.ToString();
    }

    // Thrown and caught, so that both have a stack trace to show.
    public static InvalidOperationException Thrown()
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

    private sealed class Values(string text, (string Key, object? Value)[] values) : List<KeyValuePair<string, object?>>(values.Select(value => KeyValuePair.Create(value.Key, value.Value)))
    {
        public string Text => text;
    }
}

public sealed class LineFormatterTests
{
    [Fact]
    public void An_event_is_one_line_with_the_words_of_its_faults_and_no_stack_trace() => Assert.Equal(
        "2026-03-01T10:00:00.250Z ERROR room Message 7 failed [InvalidOperationException: outer words] [TimeoutException: inner words]\n",
        Written.By(new LineFormatter(Written.Time, Written.Mask()), LogLevel.Error, "Message 7\nfailed", Written.Thrown()));

    [Fact]
    public void What_others_wrote_breaks_no_line_and_steers_no_terminal() => Assert.Equal(
        "2026-03-01T10:00:00.250Z INFO room gone [2J back ERROR room forged [31m\n",
        Written.By(new LineFormatter(Written.Time, Written.Mask()), LogLevel.Information, "gone\u001b[2J back\u2028ERROR room forged\u009b[31m", null));

    [Theory]
    [InlineData(LogLevel.Trace, "DEBUG")]
    [InlineData(LogLevel.Debug, "DEBUG")]
    [InlineData(LogLevel.Information, "INFO")]
    [InlineData(LogLevel.Warning, "WARNING")]
    [InlineData(LogLevel.Error, "ERROR")]
    [InlineData(LogLevel.Critical, "ERROR")]
    public void Levels_have_the_names_of_LOG_LEVEL(LogLevel level, string name) =>
        Assert.Contains($" {name} room hello", Written.By(new LineFormatter(Written.Time, Written.Mask()), level, "hello", null), StringComparison.Ordinal);
}
