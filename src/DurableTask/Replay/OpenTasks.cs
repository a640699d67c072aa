using DurableTask.Wire;

namespace DurableTask.Replay;

using Kind = OrchestratorAction.OrchestratorActionTypeOneofCase;

// The steps the code has taken: numbered in the order of the calls, open until history brings their end, and checked against history while the past is replayed.
internal sealed class OpenTasks(OrchestratorThread thread)
{
    private readonly Dictionary<int, OpenTask> open = [];
    private readonly SortedList<int, OrchestratorAction> fresh = [];
    private readonly SortedSet<int> blanks = [];
    private int next;

    public int NextId => next;

    public bool Any => open.Count > 0;

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
        var task = new OpenTask(action.OrchestratorActionTypeCase, name, new TaskCompletionSource<string?>());
        open.Add(id, task);
        if (cancellation.CanBeCanceled)
        {
            cancellation.Register(() =>
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

    public IReadOnlyList<OrchestratorAction> TakeFresh()
    {
        OrchestratorAction[] taken = [.. fresh.Values];
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
        if (fresh.Count > 0)
        {
            var (id, action) = (fresh.Keys[0], fresh.Values[0]);
            throw new NonDeterminismException($"Code and history disagree at step #{id}: the code now takes {HistoryText.Of(action)} there, which history does not have.");
        }
    }

    private OpenTask? Close(int id, Kind kind)
    {
        if (open.Remove(id, out var task))
        {
            return task.Kind == kind ? task : throw Disagree(id, $"the end of {HistoryText.Of(kind, "")}", $"the code took {HistoryText.Of(task.Kind, task.Name)}");
        }

        // Told twice, or cancelled by the code meanwhile: nobody waits for it. A step that was never taken is another matter.
        return id < next ? null : throw Disagree(id, $"the end of {HistoryText.Of(kind, "")}", "the code has not taken that step");
    }

    private static NonDeterminismException Disagree(int id, string history, string code) =>
        new($"Code and history disagree at step #{id}: history has {history}, but {code}.");

    private sealed record OpenTask(Kind Kind, string Name, TaskCompletionSource<string?> Result);
}
