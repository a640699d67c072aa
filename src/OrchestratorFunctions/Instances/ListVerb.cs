using System.CommandLine;
using System.Globalization;
using DurableTask;

namespace OrchestratorFunctions.Instances;

/// <summary><c>instances list</c>: instances by status, id and time, a page at a time.</summary>
internal static class ListVerb
{
    public static Command Create(Func<Func<DurableTaskClient, Task<int>>, Task<int>> run)
    {
        var status = Statuses.Option($"{Statuses.Names}; may be repeated.");
        var prefix = new Option<string>("--prefix") { Description = "The beginning of the ids." };
        var since = new Option<DateTimeOffset?>("--since") { Description = "Created from this time on, 2026-01-31T12:00:00Z." };
        var until = new Option<DateTimeOffset?>("--until") { Description = "Created at this time or before." };
        var parked = new Option<bool>("--parked") { Description = "Only those the engine stopped working on." };
        var size = new Option<int>("--size") { Description = "How many, 1 to 1000.", DefaultValueFactory = _ => 50 };
        size.Validators.Add(result =>
        {
            // What is no number the library refuses by itself; asking it for the value here would throw.
            if (result.Tokens is [var given] && int.TryParse(given.Value, CultureInfo.InvariantCulture, out var count) && count is < 1 or > 1000)
            {
                result.AddError("--size is 1 to 1000.");
            }
        });
        var page = new Option<string>("--page") { Description = "Where an earlier list left off; it printed this." };
        var list = new Command("list", "List instances, newest first, a page at a time.") { status, prefix, since, until, parked, size, page };
        list.SetAction((parsed, cancellationToken) => run(async client =>
        {
            var query = new OrchestrationQuery(
                parsed.GetValue(since), parsed.GetValue(until), parsed.GetValue(status), parsed.GetValue(prefix), parsed.GetValue(size), ContinuationToken: parsed.GetValue(page)) { ParkedOnly = parsed.GetValue(parked) };
            await foreach (var found in client.GetAllInstancesAsync(query).AsPages().WithCancellation(cancellationToken))
            {
                foreach (var one in found.Values)
                {
                    await Console.Out.WriteLineAsync(InstanceText.Line(one));
                }

                if (found.ContinuationToken is { } next)
                {
                    await Console.Error.WriteLineAsync($"There are more: --page {next}");
                }

                break;
            }

            return 0;
        }));
        return list;
    }
}
