using System.CommandLine;
using System.CommandLine.Parsing;
using DurableTask;

namespace OrchestratorFunctions.Instances;

/// <summary><c>instances purge</c>: deletes finished instances, one by its id or many by age, status and prefix.</summary>
internal static class PurgeVerb
{
    public static Command Create(Func<Func<DurableTaskClient, Task<int>>, Task<int>> run)
    {
        var id = new Argument<string?>("id") { Description = "One instance; leave it out to purge by the options.", Arity = ArgumentArity.ZeroOrOne };
        var age = new Option<string>("--older-than") { Description = "Created longer ago than this: 30d, 12h or 45m." };
        var status = new Option<OrchestrationRuntimeStatus[]>("--status") { Description = "Completed, Failed or Terminated; may be repeated; all of them when nothing is said." };
        var prefix = new Option<string>("--prefix") { Description = "The beginning of the ids." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say how many, delete none." };
        var purge = new Command("purge", "Delete finished instances with their history. Running ones always stay.") { id, age, status, prefix, dryRun };
        PurgeRequest Request(SymbolResult result) => new(result.GetValue(id), result.GetValue(age), result.GetValue(status), result.GetValue(prefix), result.GetValue(dryRun));
        purge.Validators.Add(result =>
        {
            if (Request(result).Fault() is { } fault)
            {
                result.AddError(fault);
            }
        });
        purge.SetAction((parsed, cancellationToken) => run(async client =>
        {
            var request = Request(parsed.CommandResult);
            var count = await request.RunAsync(client, TimeProvider.System.GetUtcNow(), cancellationToken);
            await Console.Out.WriteLineAsync(request.DryRun ? $"{count} would be deleted" : $"{count} deleted");
            return 0;
        }));
        return purge;
    }
}
