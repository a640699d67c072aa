using Markdig.Extensions.Tables;
using Markdig.Syntax;

namespace OrchestratorFunctions.Telegram;

/// <summary>A table as text in columns, since Telegram has none.</summary>
internal static class TelegramTable
{
    private const int WidestColumn = 40;

    /// <summary>The rows, one line each, the cells padded to the width of their column (columns above 40 characters are not padded).</summary>
    public static string Draw(Table table)
    {
        var rows = table.OfType<TableRow>().Select(row => row.OfType<TableCell>().Select(Text).ToList()).ToList();
        var widths = new int[rows.Select(row => row.Count).DefaultIfEmpty().Max()];
        foreach (var row in rows)
        {
            for (var column = 0; column < row.Count; column++)
            {
                widths[column] = Math.Max(widths[column], Math.Min(row[column].Length, WidestColumn));
            }
        }

        return string.Join('\n', rows.Select(row => string.Join(" | ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()));
    }

    private static string Text(TableCell cell) =>
        string.Join(' ', cell.OfType<LeafBlock>().Select(leaf => TelegramSpans.Plain(leaf.Inline))).ReplaceLineEndings(" ").Trim();
}
