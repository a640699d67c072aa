using DurableTask.Simulation.Tests.Workflows;

namespace DurableTask.Simulation.Tests.Verdicts;

internal sealed class Mismatch(string message) : Exception(message);

// What a workflow must come to, told by its nodes alone. Where the order of things decides, both outcomes are right, but each only with what belongs to it.
internal sealed class Model(Work work, bool isFaultless)
{
    // How often an event was heard that had been heard before.
    public int HeardAgain { get; private set; }

    public void Check(Workflow workflow, string path, Got got, long value = 0)
    {
        Be(got.What == "end" && got.Parts?.Length == workflow.Rounds, path, $"ended after {got.Parts?.Length} of {workflow.Rounds} rounds: {got.What}");
        for (var round = 0; round < workflow.Rounds; round++)
        {
            value = Check(workflow.Body, new Place(path, round, IsTriedAgain: workflow.Gate is not null), got.Parts![round], value);
        }

        Be(got.Value == value, path, $"the result is {got.Value} and not {value}");
    }

    public void CheckFailure(Workflow workflow, string path, string failure) =>
        Be(workflow.Ending == Ending.Failure && failure.Contains("as planned at", StringComparison.Ordinal), path, $"failed: {failure}");

    private long Check(Node node, Place place, Got got, long value)
    {
        var expected = node switch
        {
            Call call => OfCall(call, place, got, value),
            Pause => Named(got, "waited", place, value),
            HearNext => OfHearNext(place, got, value),
            Hear hear => Named(got, "heard", place, Got.Mix(value, hear.Id)),
            Tell => Named(got, "told", place, value),
            Sequence sequence => OfSequence(sequence, place, got, value),
            All all => OfAll(all, place, got, value),
            Any any => OfAny(any, place, got, value),
            Child child => OfChild(child, place, got, value),
            _ => throw new InvalidOperationException($"There is no such node: {node}"),
        };
        Be(got.Value == expected, place.Path, $"{node} came to {got.Value} and not to {expected}");
        return expected;
    }

    private long OfCall(Call call, Place place, Got got, long value)
    {
        var key = $"{place.Path}/{call.Id}.{place.Round}";
        var begun = work.Begun(key);
        var runs = call.Failures < 0 ? (call.Retry == Retrying.ByPolicy ? 4 : 1) : call.Failures + 1;
        Be(begun >= runs, key, $"was begun {begun} times and not {runs}");
        Be(!isFaultless || place.IsTriedAgain || begun == runs, key, $"was begun {begun} times and not {runs}, though nothing went wrong");
        if (call.Failures < 0)
        {
            return Named(got, "failed", place, Got.Mix(value, call.Id));
        }

        // Whoever takes a call over makes all earlier runs of it worthless.
        Be(got.What == "did" && work.HasEnded(key, got.Number), key, $"run {got.Number} gave a result and did not end ({got.What})");
        Be(place.IsTriedAgain || !work.WasTakenOver(key, got.Number), key, $"the result is of run {got.Number}, though another worker had taken the activity over");
        return Got.Mix(value, call.Id);
    }

    private int next;

    private long OfHearNext(Place place, Got got, long value)
    {
        HeardAgain += got.Number;
        return Named(got, "heard", place, Got.Mix(value, next++));
    }

    private long OfSequence(Sequence sequence, Place place, Got got, long value)
    {
        Be(got.What == "sequence" && got.Parts?.Length == sequence.Nodes.Count, place.Path, $"a sequence came to {got.What} with {got.Parts?.Length} parts");
        for (var n = 0; n < sequence.Nodes.Count; n++)
        {
            value = Check(sequence.Nodes[n], place, got.Parts![n], value);
        }

        return value;
    }

    private long OfAll(All all, Place place, Got got, long value)
    {
        Be(got.What == "all" && got.Parts?.Length == all.Nodes.Count, place.Path, $"a fan-out came to {got.What} with {got.Parts?.Length} parts");
        return all.Nodes.Select((one, n) => Check(one, place, got.Parts![n], value)).Sum() % 1_000_003;
    }

    private long OfAny(Any any, Place place, Got got, long value)
    {
        Be(got.What == "any" && got.Number >= 0 && got.Number < any.Nodes.Count && got.Parts?.Length == 1, place.Path, $"a race came to {got.What} {got.Number}");
        return Check(any.Nodes[got.Number], place, got.Parts![0], value);
    }

    private long OfChild(Child child, Place place, Got got, long value)
    {
        if (child.Failures < 0)
        {
            return Named(got, "child failed", place, Got.Mix(value, child.Id));
        }

        Be(got.What == "child" && got.Parts?.Length == 1, place.Path, $"child {child.Id} came to {got.What}");
        var before = next;
        Check(child.Workflow, $"{place.Path}/{child.Id}.{place.Round}", got.Parts![0], value);
        next = before;
        return got.Parts[0].Value;
    }

    private static long Named(Got got, string what, Place place, long value)
    {
        Be(got.What == what, place.Path, $"came to '{got.What}' and not to '{what}'");
        return value;
    }

    private static void Be(bool right, string place, string otherwise)
    {
        if (!right)
        {
            throw new Mismatch($"{place}: {otherwise}");
        }
    }

    private readonly record struct Place(string Path, int Round, bool IsTriedAgain);
}
