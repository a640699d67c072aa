using DurableTask.Simulation.Tests.Clockwork;
using DurableTask.Simulation.Tests.Hub;
using DurableTask.Simulation.Tests.Workflows;

namespace DurableTask.Simulation.Tests.Clients;

// All that the outside does for one root: starts it, tells what it waits for, in order, each thing until it is known to be done.
internal sealed class Script(World world, Process process, string instanceId, Workflow workflow)
{
    private readonly Chance chance = world.Machine.Seed.For(process.Name + " script");
    private readonly Client client = new(world, process);
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string InstanceId => instanceId;

    public Workflow Workflow => workflow;

    // How often something was said once more because nobody knew whether it had been done.
    public int Repetitions { get; private set; }

    public Process Process => process;

    // Completed when the instance is known to be there.
    public Task Started => started.Task;

    public bool IsDone { get; private set; }

    public void Begin(Task before) => process.Begin(async () =>
    {
        await before;
        await StartAsync();
        await TellAsync();
        IsDone = true;
    });

    private async Task StartAsync()
    {
        await PauseAsync(0, 50);
        var begin = new Begin(workflow.Id, instanceId);
        await UntilDoneAsync("start", () => client.StartAsync(instanceId, begin));
        started.SetResult();
        if (chance.OneIn(4))
        {
            // Starting what exists does nothing.
            await UntilDoneAsync("second start", () => client.StartAsync(instanceId, begin));
        }
    }

    private async Task TellAsync()
    {
        var sure = InTurn(workflow.Body).OfType<HearNext>().Count() * workflow.Rounds;
        List<(string Name, int Payload)> sequence = [.. Enumerable.Range(0, sure).Select(n => ("next", n))];
        List<(string Name, int Payload)> single = [.. Within(workflow.Body).OfType<Hear>().Where(one => one.FromClient)
            .SelectMany(one => Enumerable.Range(0, workflow.Rounds).Select(round => (one.Name(round), one.Id)))];
        // Each in its own order, the two mixed.
        while (sequence.Count + single.Count > 0)
        {
            var from = single.Count == 0 || (sequence.Count > 0 && chance.OneIn(2)) ? sequence : single;
            var (name, payload) = from[0];
            from.RemoveAt(0);
            await PauseAsync(0, chance.OneIn(6) ? 2_000 : 60);
            if (chance.OneIn(12))
            {
                await SuspendAsync();
            }

            await UntilDoneAsync($"{name} {payload}", () => client.RaiseAsync(instanceId, name, payload), mayBeFinished: from == single);
            if (chance.OneIn(20))
            {
                // Whoever tells may tell twice.
                Repetitions++;
                await UntilDoneAsync($"{name} {payload} again", () => client.RaiseAsync(instanceId, name, payload), mayBeFinished: true);
            }
        }

        if (workflow.Ending == Ending.Terminated)
        {
            await PauseAsync(0, 1_000);
            await UntilDoneAsync("terminate", () => client.TerminateAsync(instanceId));
        }
    }

    private async Task SuspendAsync()
    {
        var before = Repetitions;
        await UntilDoneAsync("suspend", () => client.SuspendAsync(instanceId), mayBeFinished: true);
        await PauseAsync(0, 300);
        if (Repetitions > before)
        {
            // One of them may still be on its way; nothing is for longer than this.
            await PauseAsync(FaultPlan.LongestMillis, FaultPlan.LongestMillis + 1_000);
        }

        await UntilDoneAsync("resume", () => client.ResumeAsync(instanceId), mayBeFinished: true);
    }

    private async Task UntilDoneAsync(string what, Func<Task<Answer>> ask, bool mayBeFinished = false)
    {
        for (var again = 0; ; again++)
        {
            var answer = await ask();
            world.Machine.Note($"{process.Name} {what} of {instanceId}: {answer}");
            switch (answer)
            {
                case Answer.Done:
                    return;
                case Answer.Finished when mayBeFinished || again > 0:
                    return;
                case Answer.Unknown when !world.Faults.IsFaultless:
                    Repetitions++;
                    await PauseAsync(10, 800);
                    break;
                default:
                    world.Machine.Violate($"{what} of {instanceId} was answered {answer}");
                    return;
            }
        }
    }

    private Task PauseAsync(int from, int to) => Task.Delay(TimeSpan.FromMilliseconds(chance.Between(from, to)), process.Clock);

    // The nodes that the root itself comes to, one after the other.
    private static IEnumerable<Node> InTurn(Node node) => node is Sequence sequence ? sequence.Nodes.SelectMany(InTurn) : [node];

    // All that the root itself may come to; its children are told nothing.
    private static IEnumerable<Node> Within(Node node) => node switch
    {
        Sequence sequence => sequence.Nodes.SelectMany(Within),
        All all => all.Nodes.SelectMany(Within),
        Any any => any.Nodes.SelectMany(Within),
        _ => [node],
    };
}
