using System.Text.Json;
using DurableTask.Wire;
using Google.Protobuf.WellKnownTypes;

namespace FunctionsHost.Hub;

// The task hub: what would be in storage. It outlives the host that works on it.
internal sealed class TaskHub
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, HubInstance> instances = new(StringComparer.Ordinal);
    private readonly List<HubActivity> activities = [];
    private readonly List<(DateTimeOffset At, string InstanceId, string ExecutionId, HistoryEvent Fired)> timers = [];
    private readonly List<(string InstanceId, HistoryEvent Message)> dropped = [];

    // The extension's timers come up to a second early.
    public static TimeSpan Early { get; } = TimeSpan.FromSeconds(1);

    public StorageBill Bill { get; } = new();

    public T With<T>(Func<IReadOnlyDictionary<string, HubInstance>, T> look)
    {
        lock (gate)
        {
            return look(instances);
        }
    }

    public HubInstance? Find(string id) => With(all => all.GetValueOrDefault(id));

    // Null when an instance of that id is in the way.
    public HubInstance? Start(string id, string name, string? version, string? input, IReadOnlyCollection<OrchestrationStatus>? replaceable, ParentInstanceInfo? parent = null)
    {
        lock (gate)
        {
            if (instances.TryGetValue(id, out var there) && !(there.IsFinished && replaceable?.Contains(there.Status) != false))
            {
                return null;
            }

            var fresh = new HubInstance(id, name, DateTimeOffset.UtcNow) { Version = version, Input = input, Parent = parent };
            fresh.Inbox.Add(Started(fresh));
            return instances[id] = fresh;
        }
    }

    // False when nobody is there to hear it. A result of an execution that is over is dropped.
    public bool Send(string id, HistoryEvent message, string? executionId = null)
    {
        lock (gate)
        {
            if (!instances.TryGetValue(id, out var instance) || instance.IsFinished || (executionId is not null && executionId != instance.ExecutionId))
            {
                dropped.Add((id, message));
                return false;
            }

            instance.Inbox.Add(message);
            return true;
        }
    }

    // Messages that came to an instance that was finished, failed ones included, or to an earlier execution of it.
    public bool HasDropped(string id, HistoryEvent.EventTypeOneofCase kind)
    {
        lock (gate)
        {
            return dropped.Any(one => one.InstanceId == id && one.Message.EventTypeCase == kind);
        }
    }

    public bool Purge(string id)
    {
        lock (gate)
        {
            return instances.Remove(id);
        }
    }

    // What is due now, each taken once.
    public (IReadOnlyList<Episode> Episodes, IReadOnlyList<HubActivity> Activities) TakeDue()
    {
        lock (gate)
        {
            var now = DateTimeOffset.UtcNow;
            foreach (var due in timers.Where(timer => timer.At - Early <= now).ToArray())
            {
                timers.Remove(due);
                Send(due.InstanceId, due.Fired, due.ExecutionId);
            }

            List<Episode> episodes = [];
            foreach (var instance in instances.Values.Where(one => !one.IsInEpisode && one.Inbox.Count > 0 && one.NotBefore <= now))
            {
                instance.IsInEpisode = true;
                episodes.Add(new Episode(instance, [.. instance.History], [Event(one => one.OrchestratorStarted = new OrchestratorStartedEvent()), .. instance.Inbox]));
                instance.Inbox.Clear();
            }

            HubActivity[] tasks = [.. activities];
            activities.Clear();
            Bill.Took(episodes.Count, episodes.Sum(episode => episode.NewEvents.Count - 1) + tasks.Length);
            return (episodes, tasks);
        }
    }

    // The episode was not taken up: its messages come again.
    public void Abandon(Episode episode, TimeSpan pause)
    {
        lock (gate)
        {
            episode.Instance.Inbox.InsertRange(0, episode.NewEvents.Skip(1));
            episode.Instance.NotBefore = DateTimeOffset.UtcNow + pause;
            episode.Instance.IsInEpisode = false;
        }
    }

    public void Complete(Episode episode, OrchestratorResponse response)
    {
        lock (gate)
        {
            var instance = episode.Instance;
            Record(instance, episode.NewEvents);
            instance.CustomStatus = response.CustomStatus;
            foreach (var action in response.Actions)
            {
                EpisodeActions.Apply(this, instance, action);
            }

            Close(instance);
        }
    }

    // What the host does to an instance whose worker gives no answer.
    public void Fail(Episode episode, string details)
    {
        lock (gate)
        {
            var instance = episode.Instance;
            Record(instance, episode.NewEvents);
            var result = JsonSerializer.Serialize(new { message = $"Function '{instance.Name}' failed with an unhandled exception.", details });
            EpisodeActions.End(this, instance, 0, new CompleteOrchestrationAction { OrchestrationStatus = OrchestrationStatus.Failed, Result = result });
            Close(instance);
        }
    }

    // False while it is in an episode.
    public bool TryFail(string id)
    {
        lock (gate)
        {
            if (instances[id] is not { IsInEpisode: false, IsFinished: false } instance)
            {
                return false;
            }

            instance.IsInEpisode = true;
            HistoryEvent[] events = [Event(one => one.OrchestratorStarted = new OrchestratorStartedEvent()), .. instance.Inbox];
            instance.Inbox.Clear();
            Fail(new Episode(instance, [.. instance.History], events), "the worker died");
            return true;
        }
    }

    // As the Azure Storage provider does it: blanks over failures and over the activities that they were failures of, then a message that wakes; of an instance with failed
    // children only these are woken, whatever has become of them.
    public void Rewind(HubInstance instance, string? reason)
    {
        lock (gate)
        {
            var childFailed = false;
            HistoryEvent[] history = [.. instance.History];
            foreach (var failure in history.Where(one => one.TaskFailed is not null || one.SubOrchestrationInstanceFailed is not null || one.ExecutionCompleted is { OrchestrationStatus: OrchestrationStatus.Failed }))
            {
                if (failure.TaskFailed is { } task)
                {
                    history.Single(one => one.TaskScheduled is not null && one.EventId == task.TaskScheduledId).GenericEvent = new GenericEvent();
                }

                childFailed |= failure.SubOrchestrationInstanceFailed is not null;
                failure.GenericEvent = new GenericEvent();
            }

            (instance.Status, instance.Output) = (OrchestrationStatus.Pending, null);
            if (!childFailed && reason is not null)
            {
                instance.Inbox.Add(Event(one => one.GenericEvent = new GenericEvent { Data = reason }));
            }
        }
    }

    public static HistoryEvent Event(Action<HistoryEvent> fill, int id = -1)
    {
        var one = new HistoryEvent { EventId = id, Timestamp = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow) };
        fill(one);
        return one;
    }

    internal static HistoryEvent Started(HubInstance instance) => Event(one => one.ExecutionStarted = new ExecutionStartedEvent
    {
        Name = instance.Name, Version = instance.Version, Input = instance.Input, ParentInstance = instance.Parent,
        OrchestrationInstance = new OrchestrationInstance { InstanceId = instance.Id, ExecutionId = instance.ExecutionId },
    });

    // The host went down while it ran: its message is still in the queue.
    public void Requeue(HubActivity activity)
    {
        lock (gate)
        {
            activities.Add(activity);
        }
    }

    internal void Add(HubActivity activity) => activities.Add(activity);

    internal void AddTimer(DateTimeOffset at, HubInstance instance, HistoryEvent fired) => timers.Add((at, instance.Id, instance.ExecutionId, fired));

    private static void Record(HubInstance instance, IEnumerable<HistoryEvent> events)
    {
        instance.Status = instance.Status is OrchestrationStatus.Pending ? OrchestrationStatus.Running : instance.Status;
        foreach (var one in events)
        {
            instance.History.Add(one);
            instance.Status = one.EventTypeCase switch
            {
                HistoryEvent.EventTypeOneofCase.ExecutionSuspended => OrchestrationStatus.Suspended,
                HistoryEvent.EventTypeOneofCase.ExecutionResumed => OrchestrationStatus.Running,
                _ => instance.Status,
            };
        }
    }

    private static void Close(HubInstance instance)
    {
        // A next generation begins with an empty history.
        if (instance.History.Count > 0)
        {
            instance.History.Add(Event(one => one.OrchestratorCompleted = new OrchestratorCompletedEvent()));
        }

        if (instance.IsFinished)
        {
            instance.Inbox.Clear();
        }

        instance.Updated = DateTimeOffset.UtcNow;
        instance.IsInEpisode = false;
    }
}

// One turn of an instance: what it has seen and what is new.
internal sealed record Episode(HubInstance Instance, IReadOnlyList<HistoryEvent> Past, IReadOnlyList<HistoryEvent> NewEvents);

// One run of an activity.
internal sealed record HubActivity(string InstanceId, string ExecutionId, int TaskId, string Name, string? Input);
