using System.CommandLine;
using DurableTask;

namespace OrchestratorFunctions.Instances;

/// <summary><c>instances purge</c>: deletes finished instances, one by its id or many by age, status and prefix.</summary>
internal static class PurgeVerb
{
    public static Command Create(Func<Func<DurableTaskClient, Task<int>>, Task<int>> run)
    {
        var id = new Argument<string?>("id") { Description = "One instance; leave it out to purge by the options.", Arity = ArgumentArity.ZeroOrOne };
        var age = new Option<string>("--older-than") { Description = "Created longer ago than this: 30d, 12h or 45m." };
        var status = Statuses.Option("Completed, Failed or Terminated; may be repeated; all of them when nothing is said.");
        var prefix = new Option<string>("--prefix") { Description = "The beginning of the ids." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say how many, delete none." };
        var purge = new Command("purge", "Delete finished instances with their history. Running ones always stay.") { id, age, status, prefix, dryRun };
        purge.SetAction(async (parsed, cancellationToken) =>
        {
            // Not in a validator: those of a command run before the library has refused what it cannot read, and asking for such a value throws.
            var request = new PurgeRequest(parsed.GetValue(id), parsed.GetValue(age), parsed.GetValue(status), parsed.GetValue(prefix), parsed.GetValue(dryRun));
            if (request.Fault() is { } fault)
            {
                await Console.Error.WriteLineAsync(fault);
                return 1;
            }

            return await run(async client =>
            {
                var count = await request.RunAsync(client, TimeProvider.System.GetUtcNow(), cancellationToken);
                await Console.Out.WriteLineAsync(request.DryRun ? $"{count} would be deleted" : $"{count} deleted");
                return 0;
            });
        });
        return purge;
    }
}
