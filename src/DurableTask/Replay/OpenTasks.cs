using DurableTask.Wire;

namespace DurableTask.Replay;

using Kind = OrchestratorAction.OrchestratorActionTypeOneofCase;

// The steps the code has taken: numbered in the order of the calls, open until history brings their end, and checked against history while the past is replayed.
// Nothing here costs more than its own step, however many there are.
internal sealed class OpenTasks(OrchestratorThread thread)
{
    private readonly Dictionary<int, OpenTask> open = [];
    private readonly Dictionary<int, OrchestratorAction> fresh = [];
    private readonly SortedSet<int> blanks = [];
    private int next;

    public int NextId => next;

    public bool Any => open.Count > 0;

    // The calls whose end is open, for whoever must make them once more. Only when asked for from the start: what was called is in the store, not in memory.
    public Dictionary<int, OrchestratorAction>? Called { get; init; }

    public IEnumerable<int> OpenIds => open.Keys;

    // A step without an end of its own: an event sent, or the completion.
    public OrchestratorAction Add(OrchestratorAction action)
    {
        action.Id = next++;
        fresh.Add(action.Id, action);
        return action;
    }

    public Task<string?> Open(OrchestratorAction action, string name, CancellationToken cancellation = default)
    {
        var id = Add(action).Id;
        var task = new OpenTask(action.OrchestratorActionTypeCase, name);
        open.Add(id, task);
        Called?.Add(id, action);
        if (cancellation.CanBeCanceled)
        {
            task.Cancellation = cancellation.Register(() =>
            {
                if (thread.IsOwn() && open.Remove(id))
                {
                    task.Result.SetCanceled(cancellation);
                }
            });
        }

        return task.Result.Task;
    }

    public void Complete(int id, Kind kind, string? result) => Close(id, kind)?.Result.SetResult(result);

    public void Fail(int id, Kind kind, TaskFailureDetails details)
    {
        if (Close(id, kind) is { } task)
        {
            task.Result.SetException(new TaskFailedException(task.Name, id, details));
        }
    }

    // In the order in which the code took them.
    public IReadOnlyList<OrchestratorAction> TakeFresh()
    {
        OrchestratorAction[] taken = [.. fresh.Values];
        Array.Sort(taken, static (one, other) => one.Id.CompareTo(other.Id));
        fresh.Clear();
        return taken;
    }

    // History has a blank where this step may have been. Only an activity of the past that is not confirmed by any later event is meant.
    public void Blank(int id)
    {
        if (fresh.TryGetValue(id, out var action) && action.OrchestratorActionTypeCase == Kind.ScheduleTask)
        {
            blanks.Add(id);
        }
    }

    // History has a blank where a failure was: of the oldest blanked activity, or else of the oldest child that is open.
    public void FailBlank(TaskFailureDetails details)
    {
        if (blanks.Count > 0)
        {
            var id = blanks.Min;
            blanks.Remove(id);
            fresh.Remove(id);
            Fail(id, Kind.ScheduleTask, details);
        }
        else if (open.Where(one => one.Value.Kind == Kind.CreateSubOrchestration && !fresh.ContainsKey(one.Key)).OrderBy(one => one.Key).Select(one => (int?)one.Key).FirstOrDefault() is { } child)
        {
            Fail(child, Kind.CreateSubOrchestration, details);
        }
    }

    // The instance was taken back, and the answers that came meanwhile are gone. Timers count as fired: who waits for one looks at the clock. Activities are the host's failures, so
    // that they are called again. What was never confirmed is still to be made true, and a child's end is told by whoever took the instance back.
    public void Lose(TaskFailureDetails lost)
    {
        foreach (var (id, task) in open.Where(one => !fresh.ContainsKey(one.Key) || blanks.Contains(one.Key)).OrderBy(one => one.Key).ToArray())
        {
            if (task.Kind == Kind.CreateTimer)
            {
                Complete(id, Kind.CreateTimer, null);
            }
            else if (task.Kind == Kind.ScheduleTask)
            {
                Fail(id, Kind.ScheduleTask, lost);
            }
        }
    }

    public void Match(int id, Kind kind, string name)
    {
        blanks.Remove(id);
        if (!fresh.Remove(id, out var action))
        {
            throw Disagree(id, HistoryText.Of(kind, name), "the code does not take that step any more");
        }

        if (action.OrchestratorActionTypeCase != kind || !string.Equals(HistoryText.NameOf(action), name, StringComparison.OrdinalIgnoreCase))
        {
            throw Disagree(id, HistoryText.Of(kind, name), $"the code now takes another: {HistoryText.Of(action)}");
        }
    }

    public void AllMatched()
    {
        if (fresh.Count > 0 && fresh.Keys.Except(blanks).Order().Select(one => (int?)one).FirstOrDefault() is { } id)
        {
            throw new NonDeterminismException($"Code and history disagree at step #{id}: the code now takes {HistoryText.Of(fresh[id])} there, which history does not have.");
        }
    }

    private OpenTask? Close(int id, Kind kind)
    {
        if (open.Remove(id, out var task))
        {
            task.Cancellation.Unregister();
            return task.Kind == kind ? task : throw Disagree(id, $"the end of {HistoryText.Of(kind, "")}", $"the code took {HistoryText.Of(task.Kind, task.Name)}");
        }

        // Told twice, or cancelled by the code meanwhile: nobody waits for it. A step that was never taken is another matter.
        return id < next ? null : throw Disagree(id, $"the end of {HistoryText.Of(kind, "")}", "the code has not taken that step");
    }

    private static NonDeterminismException Disagree(int id, string history, string code) =>
        new($"Code and history disagree at step #{id}: history has {history}, but {code}.");

    private sealed class OpenTask(Kind kind, string name)
    {
        public Kind Kind { get; } = kind;

        public string Name { get; } = name;

        public TaskCompletionSource<string?> Result { get; } = new();

        // A token may live as long as the instance; a wait that has ended leaves nothing behind on it.
        public CancellationTokenRegistration Cancellation { get; set; }
    }
}
