namespace Bench.Engine;

// What can be chosen by --only, in the order of a whole run.
internal sealed record Measure(string Name, string About, Func<Stage, Task> RunAsync)
{
    public static IReadOnlyList<Measure> All { get; } =
    [
        new("database", "the database's own limit: single-row inserts, each a commit", DatabaseLimit.RunAsync),
        new("approvals", "approvals per second at 32 and at 256 in flight, and one at a time from the event to the completion; with --peers in turns", Approvals.RunAsync),
        new("history", "the cost of a step at 10,000 events, warm and cold", History.RunAsync),
        new("timers", "10,000 timers due in the same second", Timers.RunAsync),
        new("processes", "two processes on one database", Processes.RunAsync),
        new("idle", "100,000 waiting workflows: processor time, memory, wake-up", Idle.RunAsync),
        new("profile", "where the time goes under full load", Profile.RunAsync),
    ];
}
