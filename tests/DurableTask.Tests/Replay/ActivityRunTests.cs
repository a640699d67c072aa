using DurableTask.Replay;
using DurableTask.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableTask.Tests.Replay;

public class ActivityRunTests
{
    [Fact]
    public async Task A_result_travels_in_the_envelope()
    {
        var (result, failure) = ResultEnvelope.Open(await RunAsync(nameof(Greet), "\"you\""));
        Assert.Equal("\"hello you from p:1\"", result);
        Assert.Null(failure);
    }

    [Fact]
    public async Task A_failure_travels_with_its_type_message_and_whether_to_try_again()
    {
        var (result, failure) = ResultEnvelope.Open(await RunAsync(nameof(Greet), null));
        Assert.Null(result);
        Assert.Equal((typeof(PermanentFailureException).FullName, "nobody to greet", true), (failure!.ErrorType, failure.ErrorMessage, failure.IsNonRetriable));
    }

    [Fact]
    public async Task Input_that_cannot_be_read_is_a_failure_of_the_activity()
    {
        var (_, failure) = ResultEnvelope.Open(await RunAsync(nameof(Greet), "{}"));
        Assert.True(failure!.IsCausedBy<System.Text.Json.JsonException>());
    }

    [Fact]
    public async Task A_stopping_worker_is_not_a_failure_of_the_activity()
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(nameof(Wait), null, cancellation: stopped.Token));
    }

    [Fact]
    public async Task An_activity_this_worker_does_not_know_is_not_a_failure_either() =>
        await Assert.ThrowsAsync<UnknownTaskException>(() => RunAsync("Nobody", null));

    [Theory]
    [InlineData("42", "42")]
    [InlineData(null, null)]
    [InlineData("{\"okay\":true}", "{\"okay\":true}")]
    public void An_answer_without_an_envelope_is_taken_as_it_is(string? answer, string? expected) => Assert.Equal(expected, ResultEnvelope.Open(answer).Result);

    [Fact]
    public void A_result_that_looks_like_an_envelope_comes_out_as_it_went_in()
    {
        const string Tricky = """{"ok":false,"failure":{"errorType":"x"}}""";
        var (result, failure) = ResultEnvelope.Open(ResultEnvelope.Success(Tricky));
        Assert.Equal(Tricky, result);
        Assert.Null(failure);
    }

    [Fact]
    public async Task A_failure_is_in_the_log_at_once_with_the_activity_the_instance_and_the_reason()
    {
        var log = new Lines();
        await RunAsync(nameof(Greet), null, log: log);
        var line = Assert.Single(log);
        Assert.StartsWith("Warning: Activity Greet of p:1 failed: PermanentFailureException: nobody to greet", line, StringComparison.Ordinal);
    }

    private static Task<string> RunAsync(string name, string? input, ILogger? log = null, CancellationToken cancellation = default) => ActivityRun.RunAsync(
        new DurableTaskRegistry().AddActivity<Greet>().AddActivity<Wait>(), new ServiceCollection().BuildServiceProvider(), name, "p:1", input, log ?? NullLogger.Instance, cancellation);

    private sealed class Lines : List<string>, ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add($"{logLevel}: {formatter(state, exception)}");
    }

    private sealed class Greet : TaskActivity<string?, string>
    {
        public override Task<string> RunAsync(TaskActivityContext context, string? input) =>
            input is null ? throw new PermanentFailureException("nobody to greet") : Task.FromResult($"hello {input} from {context.InstanceId}");
    }

    private sealed class Wait : TaskActivity<string?, string>
    {
        public override async Task<string> RunAsync(TaskActivityContext context, string? input)
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return "";
        }
    }
}
