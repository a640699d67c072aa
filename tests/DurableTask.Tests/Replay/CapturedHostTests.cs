using System.Text.Json;
using System.Text.Json.Nodes;
using DurableTask.Replay;
using DurableTask.Wire;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableTask.Tests.Replay;

// What a real Functions host sent, and what it was answered: our own captures, in Samples.
public class CapturedHostTests
{
    [Theory]
    [InlineData("Orc-ev1-0")]
    [InlineData("Orc-ev1-4")]
    [InlineData("Orc-ev1-7")]
    [InlineData("Orc-ev1-11")]
    [InlineData("OrcActFail-af1-0")]
    [InlineData("OrcEternal-et1-0")]
    [InlineData("OrcEternal-et1-3")]
    [InlineData("OrcFail-f1-0")]
    [InlineData("OrcParent-p1-0")]
    [InlineData("OrcParent-p1-4")]
    [InlineData("OrcRetry-rt1-0")]
    [InlineData("OrcRetry-rt1-4")]
    [InlineData("OrcTimer-tm1-0")]
    public void A_captured_episode_is_answered_as_it_was(string episode)
    {
        var expected = Parse<OrchestratorResponse>(episode + ".resp.json");
        Assert.Equal(Text(expected), Text(Answer(Parse<OrchestratorRequest>(episode + ".req.json"))));
    }

    [Theory]
    [InlineData("Orc-ev1-15", 4)]
    [InlineData("OrcTimer-tm1-4", 2)]
    public void A_captured_early_timer_is_waited_for_again_and_then_answered_as_it_was(string episode, int lastId)
    {
        var request = Parse<OrchestratorRequest>(episode + ".req.json");
        var again = Answer(request).Actions.Single();
        var due = request.NewEvents[1].TimerFired.FireAt;
        Assert.Equal(due.ToDateTime().AddSeconds(1), again.CreateTimer.FireAt.ToDateTime());

        request.PastEvents.AddRange(request.NewEvents);
        request.PastEvents.Add(StepHistory.Of(again, due.ToDateTimeOffset()));
        request.NewEvents.Clear();
        request.NewEvents.Add(StepHistory.Started(due.ToDateTimeOffset()));
        request.NewEvents.Add(new HistoryEvent { EventId = -1, TimerFired = new TimerFiredEvent { TimerId = again.Id, FireAt = due } });
        var expected = Parse<OrchestratorResponse>(episode + ".resp.json");
        expected.Actions.Single().Id = lastId;
        Assert.Equal(Text(expected), Text(Answer(request)));
    }

    [Fact]
    public void A_captured_failure_that_is_the_hosts_is_waited_out_and_the_activity_called_again()
    {
        var request = Parse<OrchestratorRequest>("OrcActFail-af1-4.req.json");
        for (var attempt = 1; attempt < 10; attempt++)
        {
            var pause = Answer(request).Actions.Single();
            Assert.Equal(request.NewEvents[0].Timestamp.ToDateTime() + TimeSpan.FromSeconds(Math.Min(60, Math.Pow(2, attempt - 1))), pause.CreateTimer.FireAt.ToDateTime());
            Next(request, pause, new HistoryEvent { EventId = -1, TimerFired = new TimerFiredEvent { TimerId = pause.Id, FireAt = pause.CreateTimer.FireAt } }, pause.CreateTimer.FireAt);
            var again = Answer(request).Actions.Single();
            Assert.Equal("ActFail", again.ScheduleTask.Name);
            Next(request, again, new HistoryEvent { EventId = -1, TaskFailed = new TaskFailedEvent { TaskScheduledId = again.Id } }, pause.CreateTimer.FireAt);
        }

        // Ten in a row is no accident any more.
        Assert.Equal(OrchestrationStatus.Failed, Answer(request).Actions.Single().CompleteOrchestration.OrchestrationStatus);
    }

    // What the host would send after the answer was carried out.
    private static void Next(OrchestratorRequest request, OrchestratorAction taken, HistoryEvent told, Google.Protobuf.WellKnownTypes.Timestamp at)
    {
        request.PastEvents.AddRange(request.NewEvents);
        request.PastEvents.Add(StepHistory.Of(taken, at.ToDateTimeOffset()));
        request.PastEvents.Add(StepHistory.Completed(at.ToDateTimeOffset()));
        request.NewEvents.Clear();
        request.NewEvents.AddRange([StepHistory.Started(at.ToDateTimeOffset()), told]);
    }

    private static OrchestratorResponse Answer(OrchestratorRequest request)
    {
        var registry = new DurableTaskRegistry().AddOrchestrator<Orc>().AddOrchestrator<OrcActFail>().AddOrchestrator<OrcEternal>()
            .AddOrchestrator<OrcFail>().AddOrchestrator<OrcParent>().AddOrchestrator<OrcRetry>().AddOrchestrator<OrcTimer>();
        var session = new OrchestrationSession(registry, new ServiceCollection().BuildServiceProvider(), NullLoggerFactory.Instance);
        // Through the wire's own bytes, as the host sends them.
        request = OrchestratorRequest.Parser.ParseFrom(request.ToByteArray());
        session.Replay(request.PastEvents);
        var answer = session.Advance(request.NewEvents);
        var response = new OrchestratorResponse { InstanceId = request.InstanceId, CustomStatus = answer.CustomStatus };
        response.Actions.AddRange(answer.Actions);
        return OrchestratorResponse.Parser.ParseFrom(response.ToByteArray());
    }

    private static T Parse<T>(string file) where T : IMessage, new() =>
        new JsonParser(JsonParser.Settings.Default.WithIgnoreUnknownFields(true)).Parse<T>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Samples", file)));

    // JSON values are compared as values, not as text; stack traces and the time of carrying over are nobody's promise.
    private static string Text(OrchestratorResponse response)
    {
        var copy = response.Clone();
        foreach (var action in copy.Actions)
        {
            if (action.CompleteOrchestration is { } end)
            {
                end.Result = Canonical(end.Result);
                end.FailureDetails?.StackTrace = null;
                foreach (var carried in end.CarryoverEvents)
                {
                    carried.Timestamp = null;
                }
            }

            action.ScheduleTask?.Input = Canonical(action.ScheduleTask.Input);
        }

        return copy.ToString();
    }

    private static string? Canonical(string? json) => json is null ? null : JsonNode.Parse(json)!.ToJsonString();

    private sealed class Orc : TaskOrchestrator<JsonElement, object>
    {
        public override async Task<object> RunAsync(TaskOrchestrationContext context, JsonElement input)
        {
            var first = await context.CallActivityAsync<JsonElement>("Act", input);
            context.SetCustomStatus("waiting");
            var raised = await context.WaitForExternalEvent<JsonElement>("GO");
            var second = await context.CallActivityAsync<JsonElement>("Act", raised);
            await context.CreateTimer(TimeSpan.FromSeconds(2), CancellationToken.None);
            context.SetCustomStatus("done");
            return new { a = first.GetRawText(), ev = raised.GetRawText(), bb = second.GetRawText(), input = input.GetRawText() };
        }
    }

    private sealed class OrcActFail : TaskOrchestrator<string, JsonElement>
    {
        public override Task<JsonElement> RunAsync(TaskOrchestrationContext context, string input) => context.CallActivityAsync<JsonElement>("ActFail", input);
    }

    private sealed class OrcEternal : TaskOrchestrator<int, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, int input)
        {
            var last = await context.WaitForExternalEvent<JsonElement>("tickle");
            if (input >= 3)
            {
                return $"done after {input} last={last.GetRawText()}";
            }

            context.ContinueAsNew(input + 1);
            return "";
        }
    }

    private sealed class OrcFail : TaskOrchestrator<string, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string input) => throw new InvalidOperationException("orchestrator says no");
    }

    private sealed class OrcParent : TaskOrchestrator<string, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string input) => "sub said " +
            (await context.CallSubOrchestratorAsync<JsonElement>("OrcEcho", input, new SubOrchestrationOptions(instanceId: context.InstanceId + "-sub"))).GetRawText();
    }

    private sealed class OrcRetry : TaskOrchestrator<string, JsonElement>
    {
        public override Task<JsonElement> RunAsync(TaskOrchestrationContext context, string input) => context.CallActivityAsync<JsonElement>("Echo", input);
    }

    private sealed class OrcTimer : TaskOrchestrator<string, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
        {
            await context.CreateTimer(TimeSpan.FromSeconds(1), CancellationToken.None);
            return "timer done";
        }
    }
}
