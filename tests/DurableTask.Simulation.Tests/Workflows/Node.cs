namespace DurableTask.Simulation.Tests.Workflows;

// A piece of a generated orchestration. Ids are unique within a seed.
internal abstract record Node(int Id);

// An activity. Fails its first runs (-1 = all of them); with a retry that outlasts those that are not for ever.
internal sealed record Call(int Id, int Failures, Retrying Retry) : Node(Id);

internal sealed record Pause(int Id, int Millis) : Node(Id);

// The next event of a sequence: 0, 1, 2, … of one name, told by one client in order.
internal sealed record HearNext(int Id) : Node(Id);

// An event of a name of its own, from the client or from another workflow.
internal sealed record Hear(int Id, bool FromClient) : Node(Id)
{
    public string Name(int round) => $"event-{Id}-{round}";
}

// What another workflow waits for, in each of its rounds.
internal sealed record Tell(int Id, string InstanceId, IReadOnlyList<string> Events, int Payload) : Node(Id);

internal sealed record Sequence(int Id, IReadOnlyList<Node> Nodes) : Node(Id);

internal sealed record All(int Id, IReadOnlyList<Node> Nodes) : Node(Id);

internal sealed record Any(int Id, IReadOnlyList<Node> Nodes, bool Cancels) : Node(Id);

// A sub-orchestration; it fails its first attempts, fewer than it is given (-1: it always fails, and is tried once or twice).
internal sealed record Child(int Id, Workflow Workflow, bool HasOwnId, int Failures) : Node(Id);

internal enum Retrying
{
    No,
    ByPolicy,
    ByHandler,
}

internal enum Ending
{
    Result,
    Failure,
    Terminated,
}

// What an orchestration does: its body once per round, each round a generation of its own. Behind the last one a gate may fail it.
internal sealed record Workflow(int Id, Sequence Body, int Rounds, Ending Ending, Call? Gate = null);

// What came out of a node: what a workflow's result is made of.
internal sealed record Got(string What, long Value = 0, int Number = 0, Got[]? Parts = null)
{
    // What is handed from node to node; depends on all that was before.
    public static long Mix(long value, int id) => ((value * 31) + id) % 1_000_003;
}
