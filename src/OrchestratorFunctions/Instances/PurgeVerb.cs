using System.CommandLine;
using System.Globalization;
using DurableTask;

namespace OrchestratorFunctions.Instances;

/// <summary><c>instances purge</c>: deletes finished instances, one by its id or many by age, status and prefix.</summary>
internal static class PurgeVerb
{
    private static readonly OrchestrationRuntimeStatus[] Ends = [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    public static Command Create(Func<Func<DurableTaskClient, Task<int>>, Task<int>> run)
    {
        var id = new Argument<string?>("id") { Description = "One instance; leave it out to purge by the options.", Arity = ArgumentArity.ZeroOrOne };
        var age = new Option<string>("--older-than") { Description = "Created longer ago than this: 30d, 12h or 45m." };
        var status = new Option<OrchestrationRuntimeStatus[]>("--status") { Description = "Completed, Failed or Terminated; may be repeated; all of them when nothing is said." };
        var prefix = new Option<string>("--prefix") { Description = "The beginning of the ids." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say how many, delete none." };
        var purge = new Command("purge", "Delete finished instances with their history. Running ones always stay.") { id, age, status, prefix, dryRun };
        purge.Validators.Add(result =>
        {
            if (result.GetValue(age) is { } text && Age(text) is null)
            {
                result.AddError($"--older-than is a number with d, h or m, such as 30d: not '{text}'.");
            }

            if (result.GetValue(id) is null == (result.GetValue(age) is null && result.GetValue(prefix) is null))
            {
                result.AddError("Say which: an id, or --older-than or --prefix, and not both.");
            }

            if (result.GetValue(status)?.Except(Ends).Any() == true)
            {
                result.AddError("--status is Completed, Failed or Terminated: others are not finished.");
            }
        });
        purge.SetAction((parsed, cancellationToken) => run(async client =>
        {
            DateTimeOffset? before = parsed.GetValue(age) is { } text ? TimeProvider.System.GetUtcNow() - Age(text)!.Value : null;
            var statuses = parsed.GetValue(status) is { Length: > 0 } some ? some : Ends;
            var count = parsed.GetValue(dryRun) ? await CountAsync(client, parsed.GetValue(id), before, statuses, parsed.GetValue(prefix), cancellationToken)
                : parsed.GetValue(id) is { } one ? (await client.PurgeInstanceAsync(one, cancellationToken)).PurgedInstanceCount
                : (await client.PurgeAllInstancesAsync(new PurgeInstancesFilter(null, before, statuses) { InstanceIdPrefix = parsed.GetValue(prefix) }, cancellationToken)).PurgedInstanceCount;
            await Console.Out.WriteLineAsync(parsed.GetValue(dryRun) ? $"{count} would be deleted" : $"{count} deleted");
            return 0;
        }));
        return purge;
    }

    private static async Task<int> CountAsync(
        DurableTaskClient client, string? id, DateTimeOffset? before, OrchestrationRuntimeStatus[] statuses, string? prefix, CancellationToken cancellationToken)
    {
        if (id is not null)
        {
            return await client.GetInstanceAsync(id, cancellationToken) is { IsCompleted: true } ? 1 : 0;
        }

        var count = 0;
        await foreach (var page in client.GetAllInstancesAsync(new OrchestrationQuery(null, before, statuses, prefix, PageSize: 500)).AsPages().WithCancellation(cancellationToken))
        {
            count += page.Values.Count;
        }

        return count;
    }

    private static TimeSpan? Age(string text) =>
        text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 36500 ? null : text[^1] switch
        {
            'd' => TimeSpan.FromDays(number),
            'h' => TimeSpan.FromHours(number),
            'm' => TimeSpan.FromMinutes(number),
            _ => null,
        };
}
