using System.CommandLine;

namespace OrchestratorFunctions.Inbox;

/// <summary><c>inbox list|show|replay|drop</c>: what an operator does with messages that were set aside.</summary>
internal static class InboxVerbs
{
    private static readonly string[] Statuses = ["OPEN", "DONE", "PARKED"];

    public static Command Create(Func<Func<InboxUpkeep, Task<int>>, Task<int>> run)
    {
        var status = new Option<string>("--status") { Description = "OPEN, DONE or PARKED.", DefaultValueFactory = _ => "PARKED" };
        status.AcceptOnlyFromAmong(Statuses);
        var list = new Command("list", "List rows of one status, oldest first, at most 100.") { status };
        list.SetAction((parsed, cancellationToken) => run(async inbox =>
        {
            foreach (var row in await inbox.ListAsync(parsed.GetValue(status)!, cancellationToken))
            {
                await Console.Out.WriteLineAsync(Line(row));
            }

            return 0;
        }));

        var id = new Argument<long>("id") { Description = "The row's number, as inbox list prints it." };
        var show = new Command("show", "Show one row.") { id };
        show.SetAction((parsed, cancellationToken) => run(async inbox => await inbox.FindAsync(parsed.GetValue(id), cancellationToken) is { } row ? Say(Line(row)) : Missing(parsed.GetValue(id))));

        var replay = new Command("replay", "Give a parked row another turn.") { id };
        replay.SetAction((parsed, cancellationToken) => run(async inbox => await inbox.ReplayAsync(parsed.GetValue(id), cancellationToken) ? Say("replayed") : Missing(parsed.GetValue(id))));

        var drop = new Command("drop", "Give a parked row up.") { id };
        drop.SetAction((parsed, cancellationToken) => run(async inbox => await inbox.DropAsync(parsed.GetValue(id), cancellationToken) ? Say("dropped") : Missing(parsed.GetValue(id))));
        return new Command("inbox", "Accepted messages, and those that were set aside.") { list, show, replay, drop };
    }

    private static string Line(InboxSummary row) =>
        $"{row.Id}  {row.Status}  {row.Kind}  {row.Address}  {row.Source}:{row.DeliveryId}  {row.ReceivedAt:yyyy-MM-ddTHH:mm:ssZ}  attempts {row.Attempts}{(row.Error is null ? "" : $"  {row.Error}")}";

    private static int Say(string text)
    {
        Console.Out.WriteLine(text);
        return 0;
    }

    private static int Missing(long id)
    {
        Console.Error.WriteLine($"There is no such row, or it is not parked: {id}. 'inbox list' lists the parked ones.");
        return 1;
    }
}
