using System.CommandLine;
using System.Text.Json;
using DurableTask;

namespace OrchestratorFunctions.Instances;

/// <summary><c>instances list|show|export|suspend|resume|terminate|rewind|raise-event|purge</c>: what an operator does with orchestration instances.</summary>
internal static class InstanceVerbs
{
    public static Command Create(Func<Func<DurableTaskClient, Task<int>>, Task<int>> run)
    {
        var id = new Argument<string>("id") { Description = "The instance id, as instances list prints it." };
        var reason = new Option<string>("--reason") { Description = "Why; kept in the history.", DefaultValueFactory = _ => "by the operator" };
        var children = new Option<bool>("--children") { Description = "Its running children too." };

        Command Do(string name, string description, Func<DurableTaskClient, ParseResult, CancellationToken, Task> work, string done, params Option[] options)
        {
            var command = new Command(name, description) { id };
            foreach (var option in options)
            {
                command.Add(option);
            }

            command.SetAction((parsed, cancellationToken) => run(async client =>
            {
                await work(client, parsed, cancellationToken);
                await Console.Out.WriteLineAsync(done);
                return 0;
            }));
            return command;
        }

        return new Command("instances", "Orchestration instances: what they wait for, and how to bring them on.")
        {
            ListVerb.Create(run),
            Show(id, run),
            Export(id, run),
            Do("suspend", "Hold an instance; what arrives is kept.", (client, parsed, token) => client.SuspendInstanceAsync(parsed.GetValue(id)!, parsed.GetValue(reason), token), "suspended", reason),
            Do("resume", "Let a held instance go on, or take a parked one up again.", (client, parsed, token) => client.ResumeInstanceAsync(parsed.GetValue(id)!, parsed.GetValue(reason), token), "resumed", reason),
            Do(
                "terminate", "End an instance at its next step.",
                (client, parsed, token) => client.TerminateInstanceAsync(parsed.GetValue(id)!, new TerminateInstanceOptions(parsed.GetValue(reason), parsed.GetValue(children)), token),
                "will end at its next step", reason, children),
            Do(
                "rewind", "Take a failed instance back to before its failure: what failed is done again, what succeeded stays.",
                (client, parsed, token) => client.RewindInstanceAsync(parsed.GetValue(id)!, parsed.GetValue(reason)!, token), "rewound", reason),
            RaiseEvent(id, run),
            PurgeVerb.Create(run),
        };
    }

    private static Command RaiseEvent(Argument<string> id, Func<Func<DurableTaskClient, Task<int>>, Task<int>> run)
    {
        var name = new Argument<string>("name") { Description = "The event's name." };
        name.Validators.Add(result =>
        {
            if (result.Tokens is [var given] && InstanceCalls.EventFault(given.Value) is { } fault)
            {
                result.AddError(fault);
            }
        });
        var payload = new Option<string>("--payload") { Description = "What it carries, JSON." };
        var raise = new Command("raise-event", "Send an instance an event that it waits for, or will.") { id, name, payload };
        raise.SetAction((parsed, cancellationToken) => run(async client =>
        {
            object? carried = parsed.GetValue(payload) is { } text ? JsonDocument.Parse(text).RootElement : null;
            await client.RaiseEventAsync(parsed.GetValue(id)!, parsed.GetValue(name)!, carried, cancellationToken);
            await Console.Out.WriteLineAsync("raised");
            return 0;
        }));
        return raise;
    }

    private static Command Show(Argument<string> id, Func<Func<DurableTaskClient, Task<int>>, Task<int>> run)
    {
        var json = new Option<bool>("--json") { Description = "The history as JSON, as replay reads it." };
        var show = new Command("show", "Show an instance and what has happened to it.") { id, json };
        show.SetAction((parsed, cancellationToken) => run(async client =>
        {
            var instance = await client.GetInstanceAsync(parsed.GetValue(id)!, getInputsAndOutputs: true, cancellationToken) ?? throw new OrchestrationNotFoundException(parsed.GetValue(id)!);
            var history = await client.GetOrchestrationHistoryAsync(instance.InstanceId, cancellationToken);
            await Console.Out.WriteLineAsync(parsed.GetValue(json) ? history.ToJson() : InstanceText.Of(instance, history));
            return 0;
        }));
        return show;
    }

    private static Command Export(Argument<string> id, Func<Func<DurableTaskClient, Task<int>>, Task<int>> run)
    {
        var file = new Argument<FileInfo>("file") { Description = "Where the history goes; written over." };
        var export = new Command("export", "Record the history of an instance in a file, for replay.") { id, file };
        export.SetAction((parsed, cancellationToken) => run(async client =>
        {
            var history = await client.GetOrchestrationHistoryAsync(parsed.GetValue(id)!, cancellationToken);
            await File.WriteAllTextAsync(parsed.GetValue(file)!.FullName, history.ToJson() + "\n", cancellationToken);
            await Console.Out.WriteLineAsync($"{history.Entries.Count} events in {parsed.GetValue(file)!.FullName}");
            return 0;
        }));
        return export;
    }
}
