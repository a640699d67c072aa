using System.Text.Json;
using System.Text.Json.Nodes;
using DurableTask.Wire;
using FunctionsHost.Handlers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace FunctionsHost.Hub;

// Works on the hub: gives episodes and activities to the handler and does what the extension does with the answers.
internal sealed class HubWork(TaskHub hub, Func<IHandler> handler, IReadOnlyDictionary<string, FunctionFolder> functions, Invoker invoker)
{
    // What a refused episode waits for; the real one takes seconds.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    public async Task RunAsync(CancellationToken stop)
    {
        List<Task> running = [];
        while (!stop.IsCancellationRequested)
        {
            var (episodes, activities) = hub.TakeDue();
            running.AddRange(episodes.Select(episode => Task.Run(() => RunAsync(episode, stop), CancellationToken.None)));
            running.AddRange(activities.Select(activity => Task.Run(() => RunAsync(activity, stop), CancellationToken.None)));
            running.RemoveAll(task => task.IsCompletedSuccessfully);
            await Task.WhenAny(Task.Delay(Poll, stop));
        }

        await Task.WhenAll(running);
    }

    private async Task RunAsync(Episode episode, CancellationToken stop)
    {
        try
        {
            if (!functions.TryGetValue(episode.Instance.Name, out var function) || function.NameOf("orchestrationTrigger") is not { } binding)
            {
                hub.Fail(episode, $"The function '{episode.Instance.Name}' doesn't exist, is disabled, or is not an orchestrator function.");
                return;
            }

            var data = new JsonObject { [binding] = Invoker.Encoded(Convert.ToBase64String(Request(episode).ToByteArray())) };
            var (_, returned) = await invoker.InvokeAsync(handler(), function, data, null, stop);
            var response = OrchestratorResponse.Parser.ParseFrom(Convert.FromBase64String(returned.ValueKind == JsonValueKind.String ? returned.GetString()! : throw new FormatException("The return value is empty.")));
            if (response.RequiresHistory)
            {
                hub.Abandon(episode, Pause);
                return;
            }

            hub.Complete(episode, response);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // The host went down in between: the message is still in its queue.
            hub.Abandon(episode, TimeSpan.Zero);
        }
        catch (Exception fault) when (fault is InvocationFailedException or FormatException or InvalidProtocolBufferException or HandlerGoneException)
        {
            hub.Fail(episode, fault.ToString());
        }
    }

    private async Task RunAsync(HubActivity activity, CancellationToken stop)
    {
        HistoryEvent end;
        try
        {
            if (!functions.TryGetValue(activity.Name, out var function) || function.NameOf("activityTrigger") is not { } binding)
            {
                end = Failed(activity, null);
            }
            else
            {
                // Checked as JSON, since the binding is; what is none fails it.
                var input = JsonNode.Parse(activity.Input ?? "")?.ToJsonString() ?? "null";
                var metadata = new JsonObject { ["instanceId"] = Invoker.Encoded(activity.InstanceId), [binding] = Invoker.Encoded(input) };
                var (_, returned) = await invoker.InvokeAsync(handler(), function, new JsonObject { [binding] = Invoker.Encoded(input) }, metadata, stop);
                var result = returned.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : returned.GetRawText();
                end = TaskHub.Event(one => one.TaskCompleted = new TaskCompletedEvent { TaskScheduledId = activity.TaskId, Result = result });
            }
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            hub.Requeue(activity);
            return;
        }
        catch (Exception fault) when (fault is InvocationFailedException or JsonException or HandlerGoneException)
        {
            end = Failed(activity, new TaskFailureDetails
            {
                ErrorType = "Microsoft.Azure.WebJobs.Host.FunctionInvocationException",
                ErrorMessage = $"Exception while executing function: Functions.{activity.Name}",
                InnerFailure = new TaskFailureDetails { ErrorType = (fault as InvocationFailedException)?.Type ?? fault.GetType().FullName!, ErrorMessage = fault.Message },
            });
        }

        hub.Send(activity.InstanceId, end, activity.ExecutionId);
    }

    private static HistoryEvent Failed(HubActivity activity, TaskFailureDetails? details) =>
        TaskHub.Event(one => one.TaskFailed = new TaskFailedEvent { TaskScheduledId = activity.TaskId, FailureDetails = details });

    private static OrchestratorRequest Request(Episode episode)
    {
        var request = new OrchestratorRequest { InstanceId = episode.Instance.Id };
        request.PastEvents.AddRange(episode.Past);
        request.NewEvents.AddRange(episode.NewEvents);
        request.Properties["HttpDefaultAsyncRequestSleepTimeMilliseconds"] = Value.ForNumber(30000);
        request.Properties["IncludeState"] = Value.ForBool(true);
        request.Properties["IsExtendedSession"] = Value.ForBool(false);
        request.Properties["ExtendedSessionIdleTimeoutInSeconds"] = Value.ForNumber(0);
        return request;
    }
}
