using DurableTask.Simulation.Tests.Clockwork;

namespace DurableTask.Simulation.Tests.Workflows;

// Small orchestrations of all that the engine knows, combined by chance.
internal sealed class Generator(Chance chance)
{
    private readonly Dictionary<int, Workflow> made = [];
    private int ids;

    // By their ids, children among them.
    public IReadOnlyDictionary<int, Workflow> Made => made;

    public static string InstanceOf(int place) => $"w{place}";

    // Each is the workflow of the instance with its place.
    public IReadOnlyList<Workflow> Roots(int more)
    {
        var number = chance.Of(1, 1, 1, 2, 2, 3) + more;
        List<(Workflow Workflow, List<Node> Nodes)> roots = [];
        for (var place = 0; place < number; place++)
        {
            List<Node> nodes = [.. Many(chance.Between(1, 4), depth: chance.Of(1, 1, 2), isRoot: true)];
            var ending = chance.Of(Ending.Result, Ending.Result, Ending.Result, Ending.Result, Ending.Result, Ending.Failure, Ending.Terminated);
            if (place > 0 && ending != Ending.Terminated && chance.OneIn(2))
            {
                // One that was started before waits for this one.
                var other = chance.Between(0, place);
                var hear = new Hear(ids++, FromClient: false);
                roots[other].Nodes.Insert(chance.Between(0, roots[other].Nodes.Count + 1), hear);
                nodes.Insert(0, new Tell(ids++, InstanceOf(other), [.. Enumerable.Range(0, roots[other].Workflow.Rounds).Select(hear.Name)], hear.Id));
            }

            roots.Add((Keep(new Workflow(ids++, new Sequence(ids++, nodes), chance.Of(1, 1, 1, 1, 2, 3), ending)), nodes));
        }

        return [.. roots.Select(one => one.Workflow)];
    }

    private Workflow Keep(Workflow workflow)
    {
        made.Add(workflow.Id, workflow);
        return workflow;
    }

    private List<Node> Many(int number, int depth, bool isRoot = false) => [.. Enumerable.Range(0, number).Select(_ => One(depth, isRoot))];

    private Node One(int depth, bool isRoot) => depth == 0 ? Leaf(isRoot) : chance.Between(0, 10) switch
    {
        0 or 1 => new All(ids++, Many(chance.Of(2, 2, 3), depth - 1)),
        2 => AnyOf(depth),
        3 => ChildOf(depth),
        4 => new Sequence(ids++, Many(2, depth - 1, isRoot)),
        _ => Leaf(isRoot),
    };

    private Node Leaf(bool isRoot) => chance.Between(0, 8) switch
    {
        0 => new Pause(ids++, chance.Of(0, 10, 200, 1500)),
        1 or 2 when isRoot => new HearNext(ids++),
        _ => CallOf(),
    };

    private Call CallOf() => chance.Between(0, 8) switch
    {
        0 => new Call(ids++, chance.Between(1, 3), Retrying.ByPolicy),
        1 => new Call(ids++, 1, Retrying.ByHandler),
        2 => new Call(ids++, -1, chance.Of(Retrying.No, Retrying.No, Retrying.ByPolicy)),
        _ => new Call(ids++, 0, Retrying.No),
    };

    private Any AnyOf(int depth) => chance.Between(0, 3) switch
    {
        0 => new Any(ids++, [new Pause(ids++, chance.Of(50, 500, 3000)), new Hear(ids++, FromClient: true)], Cancels: chance.OneIn(2)),
        1 => new Any(ids++, [new Pause(ids++, chance.Of(20, 400)), CallOf()], Cancels: chance.OneIn(2)),
        _ => new Any(ids++, Many(2, depth - 1), Cancels: false),
    };

    private Child ChildOf(int depth)
    {
        var failures = chance.Of(0, 0, 0, 1, -1);
        // One that is tried again is plain, so that nothing of the failed attempt goes on beside the next.
        var nodes = failures == 0 ? Many(chance.Between(1, 3), depth - 1) : [CallOf()];
        var gate = failures > 0 ? new Call(ids++, failures, Retrying.No) : null;
        var ending = failures < 0 ? Ending.Failure : Ending.Result;
        return new Child(ids++, Keep(new Workflow(ids++, new Sequence(ids++, nodes), failures == 0 ? chance.Of(1, 1, 1, 2) : 1, ending, gate)), HasOwnId: chance.OneIn(2), failures);
    }
}
