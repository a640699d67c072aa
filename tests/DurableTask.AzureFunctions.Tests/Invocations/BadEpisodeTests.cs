using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using DurableTask.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace DurableTask.AzureFunctions.Tests.Invocations;

/// <summary>Episodes that are well formed and still wrong, and invocations that take too much or too long.</summary>
public sealed class BadEpisodeTests : IAsyncLifetime
{
    private readonly CancellationTokenSource deadline = new(TimeSpan.FromMinutes(1));
    private readonly HttpClient http = new();
    private HostedApp app = null!;

    public async Task InitializeAsync() => app = await HostedApp.StartAsync(
        new DurableTaskRegistry().AddOrchestrator<Calls>().AddOrchestrator<CallsSlow>().AddActivity<Measure>().AddActivity<Slow>(),
        add: services => services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = 100_000));

    public async Task DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
        deadline.Dispose();
    }

    [Fact]
    public async Task A_history_that_the_code_does_not_walk_fails_the_instance_by_its_own_decision_with_the_step_named()
    {
        var request = new OrchestratorRequest { InstanceId = "one" };
        request.PastEvents.Add(
        [
            Event(e => e.OrchestratorStarted = new OrchestratorStartedEvent()), Started(),
            Event(e => e.TaskScheduled = new TaskScheduledEvent { Name = "SomethingElse" }, id: 0), Event(e => e.OrchestratorCompleted = new OrchestratorCompletedEvent()),
        ]);
        request.NewEvents.Add([Event(e => e.OrchestratorStarted = new OrchestratorStartedEvent()), Event(e => e.TaskCompleted = new TaskCompletedEvent { TaskScheduledId = 0, Result = "1" })]);
        var end = (await AdvanceAsync(request)).Actions.Single().CompleteOrchestration;
        Assert.Equal(OrchestrationStatus.Failed, end.OrchestrationStatus);
        Assert.EndsWith(nameof(NonDeterminismException), end.FailureDetails.ErrorType, StringComparison.Ordinal);
        Assert.Contains("SomethingElse", end.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_history_without_a_beginning_is_given_back()
    {
        var request = new OrchestratorRequest { InstanceId = "one" };
        request.NewEvents.Add([Event(e => e.OrchestratorStarted = new OrchestratorStartedEvent()), Event(e => e.TimerFired = new TimerFiredEvent { TimerId = 7 })]);
        Assert.True((await AdvanceAsync(request)).RequiresHistory);
    }

    [Fact]
    public async Task An_invocation_may_be_larger_than_a_request_of_anybody_else()
    {
        // The host sends an activity's input three to four times over.
        var text = JsonSerializer.Serialize(JsonSerializer.Serialize(JsonSerializer.Serialize(new string('x', 300_000))));
        using var content = new StringContent($$$"""{"Data":{"input":{{{text}}}},"Metadata":{}}""", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri(app.Handler, nameof(Measure)), content, deadline.Token);
        var returned = (await answer.Content.ReadFromJsonAsync<JsonElement>(deadline.Token)).GetProperty("ReturnValue").GetString();
        Assert.Equal("""{"ok":true,"result":300000}""", returned);
    }

    [Fact]
    public async Task An_activity_that_the_host_cuts_off_is_told_and_called_again()
    {
        app.Host.FunctionTimeout = TimeSpan.FromSeconds(3);
        var id = await app.Client.ScheduleNewOrchestrationInstanceAsync(nameof(CallsSlow), null, null, deadline.Token);
        Assert.Equal("the second call", (await app.Client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, deadline.Token)).ReadOutputAs<string>());
        Assert.True(Slow.WasTold);
    }

    private static HistoryEvent Started() => Event(e => e.ExecutionStarted = new ExecutionStartedEvent
    {
        Name = nameof(Calls), Input = "\"x\"", OrchestrationInstance = new OrchestrationInstance { InstanceId = "one", ExecutionId = "x1" },
    });

    private static HistoryEvent Event(Action<HistoryEvent> fill, int id = -1)
    {
        var one = new HistoryEvent { EventId = id, Timestamp = Timestamp.FromDateTime(DateTime.UtcNow) };
        fill(one);
        return one;
    }

    private async Task<OrchestratorResponse> AdvanceAsync(OrchestratorRequest request)
    {
        var text = JsonSerializer.Serialize(JsonSerializer.Serialize(Convert.ToBase64String(request.ToByteArray())));
        using var content = new StringContent($$$"""{"Data":{"context":{{{text}}}},"Metadata":{}}""", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri(app.Handler, nameof(Calls)), content, deadline.Token);
        Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
        var returned = (await answer.Content.ReadFromJsonAsync<JsonElement>(deadline.Token)).GetProperty("ReturnValue").GetString()!;
        return OrchestratorResponse.Parser.ParseFrom(Convert.FromBase64String(returned));
    }

    private sealed class Calls : TaskOrchestrator<string, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, string input) => context.CallActivityAsync<int>(nameof(Measure), input);
    }

    private sealed class CallsSlow : TaskOrchestrator<string, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string input) => context.CallActivityAsync<string>(nameof(Slow));
    }

    private sealed class Measure : TaskActivity<string, int>
    {
        public override Task<int> RunAsync(TaskActivityContext context, string input) => Task.FromResult(input.Length);
    }

    private sealed class Slow : TaskActivity<object?, string>
    {
        private static int calls;

        public static bool WasTold { get; private set; }

        public override async Task<string> RunAsync(TaskActivityContext context, object? input)
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                var cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using var told = context.CancellationToken.Register(() => WasTold = cut.TrySetResult());
                await cut.Task;
                context.CancellationToken.ThrowIfCancellationRequested();
            }

            return "the second call";
        }
    }
}
