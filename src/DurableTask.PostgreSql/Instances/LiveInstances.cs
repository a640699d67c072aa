using DurableTask.Replay;

namespace DurableTask.PostgreSql.Instances;

// An instance that this process has in memory: its mailbox, and its session while it is warm. One task at a time works on it.
internal sealed class LiveInstance(string instanceId)
{
    public string InstanceId { get; } = instanceId;

    public List<Mail> Mailbox { get; set; } = [];

    public bool IsBusy { get; set; }

    public LinkedListNode<LiveInstance>? Resting { get; set; }

    // Both or neither. They stand where the store does, unless another worker has made a step meanwhile; then the next commit is refused.
    public InstanceState? State { get; private set; }

    public OrchestrationSession? Session { get; private set; }

    // The inbox rows that went into this generation, for those that come here twice: by a claim and by a load.
    public HashSet<long> Taken { get; } = [];

    public int Failures { get; set; }

    // What is worked on, once it is known: it may wait for its commit, and take in more while it does.
    public Step? Step { get; set; }

    public void Stand(InstanceState state, OrchestrationSession session) => (State, Session) = (state, session);

    public void Forget()
    {
        (State, Session) = (null, null);
        Taken.Clear();
    }
}

// The instances in memory. Mail goes to the one it is for, which then works until its mailbox is empty, side by side with the others; while its step waits for the commit, mail may join that. Those that wait keep their sessions,
// up to a number; the ones that have waited longest are let go, and are replayed from history when mail comes.
internal sealed class LiveInstances(int warm, TaskScheduler scheduler)
{
    private readonly Dictionary<string, LiveInstance> all = new(StringComparer.Ordinal);
    private readonly LinkedList<LiveInstance> resting = new();
    private readonly Lock gate = new();
    private TaskCompletionSource? idle;
    private int busy;

    public Func<LiveInstance, IReadOnlyList<Mail>, Task> Work { get; set; } = (_, _) => Task.CompletedTask;

    // Puts what has come into the step of the instance that waits for its commit and is open, and closes it.
    public Action<LiveInstance> Join { get; set; } = live => live.Step!.Boarding.Close();

    public int Busy => Volatile.Read(ref busy);

    public int Count
    {
        get
        {
            lock (gate)
            {
                return all.Count;
            }
        }
    }

    public bool Has(string instanceId)
    {
        lock (gate)
        {
            return all.ContainsKey(instanceId);
        }
    }

    // In memory and not finished: its end will be told.
    public bool IsUnderWay(string instanceId)
    {
        lock (gate)
        {
            return all.TryGetValue(instanceId, out var live) && live.State is not null;
        }
    }

    public void Post(string instanceId, params ReadOnlySpan<Mail> mail)
    {
        if (Deliver(instanceId, mail) is { } work)
        {
            Start(work);
        }
    }

    // From one who has nothing else to do: the step begins on the caller's thread, which saves waking another, unless that thread belongs to somebody.
    public void PostHere(string instanceId, Mail mail)
    {
        if (Deliver(instanceId, mail) is not { } work)
        {
            return;
        }

        if (TaskScheduler.Current == scheduler && SynchronizationContext.Current is null)
        {
            work();
        }
        else
        {
            Start(work);
        }
    }

    // What may join: all of the mailbox, or nothing when something is in it whose place is elsewhere.
    public IReadOnlyList<Mail> TakeJoining(LiveInstance live)
    {
        lock (gate)
        {
            return MayJoin(live) ? Taken(live) : [];
        }
    }

    // From the one who works on the instance: before what has come meanwhile.
    public void Return(LiveInstance live, IEnumerable<Mail> mail)
    {
        lock (gate)
        {
            live.Mailbox.InsertRange(0, mail);
        }
    }

    // Ends when nothing is worked on.
    public Task IdleAsync()
    {
        lock (gate)
        {
            return busy == 0 ? Task.CompletedTask : (idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private void Start(Action work) => _ = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);

    // Returns what somebody must do now: begin to work on the instance, or put the mail into the step that waits for its commit.
    private Action? Deliver(string instanceId, params ReadOnlySpan<Mail> mail)
    {
        LiveInstance? live;
        lock (gate)
        {
            if (!all.TryGetValue(instanceId, out live))
            {
                all.Add(instanceId, live = new LiveInstance(instanceId));
            }

            live.Mailbox.AddRange(mail);
            if (live.IsBusy)
            {
                return TryOpen(live) ? () => JoinAll(live) : null;
            }

            live.IsBusy = true;
            busy++;
            if (live.Resting is { } place)
            {
                resting.Remove(place);
                live.Resting = null;
            }
        }

        return () => _ = RunAsync(live);
    }

    private static bool MayJoin(LiveInstance live) => live.Mailbox.TrueForAll(one => one is ActivityResult or (DirectMail and not StartMail));

    private static bool TryOpen(LiveInstance live) => live.Mailbox.Count > 0 && MayJoin(live) && live.Step is { TakesMore: true } step && step.Boarding.TryOpen();

    private void JoinAll(LiveInstance live)
    {
        bool isOpen;
        do
        {
            Join(live);
            lock (gate)
            {
                isOpen = TryOpen(live);
            }
        }
        while (isOpen);
    }

    private async Task RunAsync(LiveInstance live)
    {
        while (Next(live) is { } mail)
        {
            await Work(live, mail);
        }
    }

    private List<Mail>? Next(LiveInstance live)
    {
        lock (gate)
        {
            if (live.Mailbox.Count > 0)
            {
                return Taken(live);
            }

            Rest(live);
            return null;
        }
    }

    private static List<Mail> Taken(LiveInstance live)
    {
        var mail = live.Mailbox;
        live.Mailbox = [];
        return mail;
    }

    private void Rest(LiveInstance live)
    {
        live.IsBusy = false;
        busy--;
        if (busy == 0)
        {
            idle?.SetResult();
            idle = null;
        }

        if (live.Session is null || warm == 0)
        {
            all.Remove(live.InstanceId);
            return;
        }

        live.Resting = resting.AddLast(live);
        if (resting.Count > warm)
        {
            all.Remove(resting.First!.Value.InstanceId);
            resting.RemoveFirst();
        }
    }
}
