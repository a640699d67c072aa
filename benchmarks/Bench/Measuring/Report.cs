using Spectre.Console;

namespace Bench.Measuring;

// One line of the table. Ratio is what the goal is about when that is not the figure itself; Met is null where there is no goal, or it cannot be judged in this run.
internal sealed record Figure(string Measure, string Ours, string Goal = "", bool? Met = null, string Ratio = "", IReadOnlyDictionary<string, string>? Peers = null)
{
    public string Verdict => Met switch { true => "met", false => "**missed**", null => Goal.Length > 0 ? "not judged" : "" };
}

// Collects figures, says each at once (a measure may take minutes), and shows the table at the end.
internal sealed class Report(string title)
{
    private readonly List<Figure> figures = [];
    private readonly List<string> notes = [];

    public IReadOnlyList<Figure> Figures => figures;

    public void Add(Figure figure)
    {
        figures.Add(figure);
        Say($"{figure.Measure}: {figure.Ours}{(figure.Ratio.Length > 0 ? $", {figure.Ratio}" : "")}{(figure.Goal.Length > 0 ? $" (goal: {figure.Goal}; {figure.Verdict})" : "")}");
    }

    // What a reader of the table needs to know beside it.
    public void Note(string text)
    {
        notes.Add(text);
        Say(text);
    }

    public static void Say(string text) => Console.Error.WriteLine($"  {text}");

    public void Print()
    {
        var table = new Table().Title(title).Border(TableBorder.MinimalHeavyHead);
        table.AddColumns([.. Header().Select(Markup.Escape)]);
        foreach (var figure in figures)
        {
            table.AddRow([.. Cells(figure).Select(cell => Markup.Escape(cell.Replace("**", "", StringComparison.Ordinal)))]);
        }

        AnsiConsole.Write(table);
        notes.ForEach(note => Console.WriteLine($"- {note}"));
    }

    public string Markdown() => string.Join('\n',
    [
        Row(Header()), Row(Header().Select(_ => "---")), .. figures.Select(figure => Row(Cells(figure))), "", .. notes.Select(note => $"- {note}"),
    ]);

    private string[] PeerNames() => [.. figures.SelectMany(figure => figure.Peers?.Keys ?? []).Distinct()];

    private IEnumerable<string> Header() => ["measure", "ours", .. PeerNames(), "ratio", "goal", ""];

    private IEnumerable<string> Cells(Figure figure) =>
        [figure.Measure, figure.Ours, .. PeerNames().Select(peer => figure.Peers?.GetValueOrDefault(peer) ?? ""), figure.Ratio, figure.Goal, figure.Verdict];

    private static string Row(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";
}
