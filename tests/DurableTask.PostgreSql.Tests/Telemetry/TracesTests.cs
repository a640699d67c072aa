using System.Collections.Concurrent;
using System.Diagnostics;
using DurableTask.PostgreSql.Tests.Hub;

namespace DurableTask.PostgreSql.Tests.Telemetry;

public class TracesTests
{
    [Fact]
    public async Task One_trace_leads_from_whoever_starts_an_instance_to_its_activities_its_children_and_its_next_generation_in_whatever_process()
    {
        using var spans = new Spans();
        await using var hub = await TestHub.CreateAsync();
        await hub.AddProcessAsync(r => r
            .AddOrchestratorFunc<int, string>("Parent", async (context, generation) =>
            {
                await context.CallActivityAsync("Here");
                await Task.WhenAll(context.CallActivityAsync("Here"), context.CallActivityAsync("There"));
                if (generation == 0)
                {
                    context.ContinueAsNew(1);
                    return "";
                }

                return await context.CallSubOrchestratorAsync<string>("Child");
            })
            .AddOrchestratorFunc("Child", async context =>
            {
                await context.CallActivityAsync("There");
                return "done";
            })
            .AddActivityFunc("Here", _ => ""));
        await hub.AddProcessAsync(r => r.AddActivityFunc("There", _ => ""));
        using var webhook = new Activity("webhook").Start();
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Parent", 0);
        webhook.Stop();
        Assert.Equal("done", await hub.ResultAsync<string>(id));

        var trace = spans.Of(webhook.TraceId);
        Assert.Equal((4, 3), (trace.Count(one => one.OperationName == "activity:Here"), trace.Count(one => one.OperationName == "activity:There")));
        Assert.Single(trace, one => one.OperationName == "create_orchestration:Parent");
        var steps = trace.Where(one => one.OperationName.StartsWith("orchestration:", StringComparison.Ordinal)).Select(one => one.SpanId).ToHashSet();
        Assert.Contains(trace, one => one.OperationName == "orchestration:Child");
        Assert.All(trace.Where(one => one.OperationName.StartsWith("activity:", StringComparison.Ordinal)), one => Assert.Contains(one.ParentSpanId, steps));
    }

    [Fact]
    public async Task What_a_rewind_runs_again_stays_in_the_trace()
    {
        var broken = true;
        using var spans = new Spans();
        await using var hub = await TestHub.StartAsync(r => r
            .AddOrchestratorFunc("Parent", context => context.CallActivityAsync<string>("Breaks"))
            .AddActivityFunc("Breaks", _ => Volatile.Read(ref broken) ? throw new IOException("broken") : "whole"));
        using var webhook = new Activity("webhook").Start();
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("Parent");
        webhook.Stop();
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await hub.EndAsync(id)).RuntimeStatus);
        Volatile.Write(ref broken, false);
        await hub.Client.RewindInstanceAsync(id, "mended");
        Assert.Equal("whole", await hub.ResultAsync<string>(id));
        Assert.Equal(2, spans.Of(webhook.TraceId).Count(one => one.OperationName == "activity:Breaks"));
    }

    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> ended = [];
        private readonly ActivityListener listener;

        public Spans()
        {
            listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == DurableTaskTelemetry.ActivitySourceName,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = ended.Enqueue,
            };
            ActivitySource.AddActivityListener(listener);
        }

        public IReadOnlyList<Activity> Of(ActivityTraceId trace) => [.. ended.Where(one => one.TraceId == trace)];

        public void Dispose() => listener.Dispose();
    }
}
