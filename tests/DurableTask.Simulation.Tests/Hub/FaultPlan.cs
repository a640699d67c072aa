using DurableTask.Simulation.Tests.Clockwork;

namespace DurableTask.Simulation.Tests.Hub;

internal enum Fault
{
    // The process dies before the statement is sent.
    CrashBefore,

    // The statement is executed, and the process dies before it knows.
    CrashAfter,

    // The connection is lost before the statement has arrived.
    CutBefore,

    // The statement is executed, and its answer is lost.
    CutAfter,

    // The server ends the session before it executes the statement, and says so.
    Refused,

    // The statement arrives when other processes have long gone on.
    Late,

    // The statement is executed, and its process goes on with other things for long before it hears.
    LateAnswer,

    // The process stands still, often for longer than its leases are.
    Pause,

    // The process is stopped as a person or a deployment does it.
    Stop,
}

// What goes wrong in a seed: so many times, at statements that chance chooses, more often where something is at stake. Some seeds see no fault at all.
internal sealed class FaultPlan
{
    // No pause and no delay is longer; leases are half of it.
    public const int LongestMillis = 12_000;

    private static readonly Fault[] OfProcesses = Enum.GetValues<Fault>();
    private static readonly Fault[] OfConnections = [Fault.CutBefore, Fault.CutAfter, Fault.Refused, Fault.Late, Fault.LateAnswer];

    private readonly Chance chance;
    private readonly Fault[] kinds;
    private readonly bool isAboutClaims;
    private int left;

    public FaultPlan(Chance chance)
    {
        this.chance = chance;
        left = chance.Of(0, 0, 1, 1, 2, 3, 4, 6);
        IsFaultless = left == 0;
        // Often of one kind only: several at once hide each other.
        isAboutClaims = chance.OneIn(4);
        kinds = chance.OneIn(2) ? OfProcesses : [chance.Of(OfProcesses), chance.Of(OfProcesses)];
    }

    public bool IsFaultless { get; }

    public Dictionary<Fault, int> Happened { get; } = [];

    public Fault? Next(string[] names, bool isWorker)
    {
        if (left == 0 || !chance.OneIn(Rarity(names)))
        {
            return null;
        }

        var fault = chance.Of(kinds);
        if (!isWorker && !OfConnections.Contains(fault))
        {
            return null;
        }

        Happens(fault);
        return fault;
    }

    // While an activity runs.
    public bool PausesActivity() => left > 0 && kinds.Contains(Fault.Pause) && chance.OneIn(8) && Happens(Fault.Pause);

    public long Micros() => chance.Between(1, LongestMillis) * 1_000L;

    private bool Happens(Fault fault)
    {
        left--;
        Happened[fault] = Happened.GetValueOrDefault(fault) + 1;
        return true;
    }

    private int Rarity(string[] names) => names[0] switch
    {
        "claim_mail" or "claim_activities" or "fire_timers" => isAboutClaims ? 6 : 60,
        "load_instances" => 15,
        "commit_steps" or "create_instances" => 10,
        _ => 6,
    };
}
